//! Which settings apply in an environment: the one place that resolves them.

use authsome_core::appsessionconfig::{AppSessionConfig, AppSessionConfigStore, TokenFormat};
use authsome_core::environment::{Environment, EnvironmentType, SettingSource, SettingValue, Settings, Sourced};
use authsome_core::error::{FieldError, StoreError};
use authsome_core::records::Records;
use authsome_core::route::ActiveEnvironment;

/// The settings that apply, each with its source, in falling precedence: environment, app, configuration, built in. Nothing
/// switches test codes on in production.
#[must_use]
pub fn resolve(environment: &Environment, app: Option<&AppSessionConfig>, config: &Settings) -> Sourced {
    let none = Settings::default();
    let mut sourced = Sourced::resolve(&environment.settings, app.map_or(&none, |app| &app.settings), config);
    if environment.kind == EnvironmentType::Production && sourced.test_codes.value {
        sourced.test_codes = SettingValue { value: false, source: SettingSource::BuiltIn };
    }
    sourced
}

/// The environment with the settings that apply in it.
///
/// # Errors
/// Those of the store.
pub async fn activate<R: Records + ?Sized>(
    records: &R,
    environment: Environment,
    config: &Settings,
) -> Result<ActiveEnvironment, StoreError> {
    let app = records.app_session_config(environment.app_id).await?;
    Ok(ActiveEnvironment {
        settings: resolve(&environment, app.as_ref(), config).effective(),
        token_format: app.map_or(TokenFormat::Opaque, |app| app.token_format),
        environment,
    })
}

/// An error in settings, where settings are a part of a larger body.
#[must_use]
pub fn in_settings(error: FieldError) -> FieldError {
    FieldError { field: format!("settings.{}", error.field), message: error.message }
}
