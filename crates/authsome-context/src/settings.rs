//! Which settings apply in an environment: the one place that resolves them.

use authsome_core::appsessionconfig::{AppSessionConfig, AppSessionConfigStore, TokenFormat};
use authsome_core::environment::{Environment, EnvironmentType, SettingSource, SettingValue, Settings, Sourced};
use authsome_core::error::{FieldErrors, StoreError};
use authsome_core::records::Records;
use authsome_core::route::ActiveEnvironment;

use crate::foundation::Foundation;
use crate::plugins::Plugins;

/// The settings that apply, each with its source, in falling precedence: environment, app, configuration, built in. Nothing
/// switches test codes on in production.
#[must_use]
pub fn resolve(environment: &Environment, app: Option<&AppSessionConfig>, foundation: &Foundation) -> Sourced {
    let none = Settings::default();
    let (config, declared) = (&foundation.config.settings, &foundation.plugins.settings);
    let mut sourced = Sourced::resolve(&environment.settings, app.map_or(&none, |app| &app.settings), config, declared);
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
    foundation: &Foundation,
) -> Result<ActiveEnvironment, StoreError> {
    let app = records.app_session_config(environment.app_id).await?;
    Ok(ActiveEnvironment {
        settings: resolve(&environment, app.as_ref(), foundation).effective(),
        token_format: app.map_or(TokenFormat::Opaque, |app| app.token_format),
        environment,
    })
}

/// What is wrong with settings that somebody says in the place of others, for an environment of a type or for all of an
/// app's. What was said before by another version of the program may stay.
pub fn check(plugins: &Plugins, before: &Settings, after: &Settings, kind: Option<EnvironmentType>) -> FieldErrors {
    let declared = &plugins.settings;
    let mut errors = FieldErrors::default();
    errors.extend("settings", kind.map_or_else(|| after.check(declared), |kind| after.check_for(kind, declared)));
    let unknown = after.unknown(declared).into_iter();
    errors.extend("settings", unknown.filter(|error| !before.plugins.contains_key(&error.field)));
    let is_new = before.mfa_required != Some(true) && locks_out(plugins, after);
    errors.require(!is_new, "settings.mfa_required", LOCKS_OUT);
    errors
}

/// What is allowed and advised against, in words for the operator.
#[must_use]
pub fn warnings(plugins: &Plugins, settings: &Settings) -> Vec<&'static str> {
    let mut warnings = settings.warnings();
    warnings.extend(locks_out(plugins, settings).then_some(LOCKS_OUT));
    warnings
}

const LOCKS_OUT: &str = "no plugin of this program brings a second factor, so with `mfa_required` nobody can sign in";

fn locks_out(plugins: &Plugins, settings: &Settings) -> bool {
    settings.mfa_required == Some(true) && plugins.second_factors.is_empty()
}
