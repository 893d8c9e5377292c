//! Which settings apply in an environment: the one place that resolves them.

use authsome_core::appsessionconfig::{AppSessionConfig, TokenFormat};
use authsome_core::environment::{Environment, Settings, Sourced};
use authsome_core::error::StoreError;
use authsome_core::route::ActiveEnvironment;
use authsome_core::store::Store;

/// The settings that apply, each with its source, in falling precedence: environment, app, configuration, built in.
pub(crate) fn resolve(environment: &Environment, app: Option<&AppSessionConfig>, config: &Settings) -> Sourced {
    let none = Settings::default();
    Sourced::resolve(&environment.settings, app.map_or(&none, |app| &app.settings), config)
}

/// The environment with the settings that apply in it.
pub(crate) async fn activate(
    store: &dyn Store,
    environment: Environment,
    config: &Settings,
) -> Result<ActiveEnvironment, StoreError> {
    let app = store.app_session_config(environment.app_id).await?;
    Ok(ActiveEnvironment {
        settings: resolve(&environment, app.as_ref(), config).effective(),
        token_format: app.map_or(TokenFormat::Opaque, |app| app.token_format),
        environment,
    })
}
