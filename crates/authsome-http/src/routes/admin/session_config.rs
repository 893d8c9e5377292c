//! `/session-config`: the settings of an app, inherited by its environments.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use authsome_core::appsessionconfig::{AppSessionConfig, TokenFormat};
use authsome_core::environment::{Settings, SettingsPatch};
use authsome_core::error::Error;
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_engine::Engine;

use super::super::services::Services;

const TAG: &str = "Settings";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// What environments inherit. Null or absent: the configured or built-in value.
    #[serde(default)]
    settings: SettingsPatch,
    /// The form of a session's token. Default: `opaque`.
    token_format: Option<TokenFormat>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionConfig")]
struct View {
    settings: Settings,
    token_format: TokenFormat,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionConfigAnswer")]
struct Answer {
    session_config: View,
    /// Settings that a standard advises against.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

impl Answer {
    fn of(engine: &Engine, config: Option<AppSessionConfig>) -> Self {
        let (settings, token_format) =
            config.map_or((Settings::default(), TokenFormat::Opaque), |config| (config.settings, config.token_format));
        Self { warnings: engine.warnings(&settings), session_config: View { settings, token_format } }
    }
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    let beyond = "It holds for every environment of the app, so only the administrator's token changes it.";
    vec![
        Route::new(Method::GET, "/session-config")
            .about(TAG, "Show the app's session configuration")
            .answers::<Answer>(StatusCode::OK, "Settings and the form of tokens.")
            .guard(Guard::Permission(Permission::read(Resource::Settings)))
            .handler(services.handler(get)),
        Route::new(Method::PUT, "/session-config")
            .about(TAG, "Set the app's session configuration")
            .description(beyond)
            .takes::<Body>()
            .answers::<Answer>(StatusCode::OK, "The new configuration, which replaces the old one.")
            .guard(Guard::Administrator)
            .handler(services.handler(set)),
        Route::new(Method::DELETE, "/session-config")
            .about(TAG, "Clear the app's session configuration")
            .description(beyond)
            .answers_empty(StatusCode::NO_CONTENT, "Environments inherit the configured and built-in values.")
            .guard(Guard::Administrator)
            .handler(services.handler(clear)),
    ]
}

async fn get(services: Services, request: Request) -> Result<Reply, Error> {
    let config = services.engine.apps().session_config(request.context.scope().app_id).await?;
    Reply::json(StatusCode::OK, &Answer::of(&services.engine, config))
}

async fn set(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let mut settings = Settings::default();
    settings.patch(body.settings);
    let format = body.token_format.unwrap_or(TokenFormat::Opaque);
    let config = services
        .engine
        .apps()
        .acting(&request.context.principal)
        .set_session_config(request.context.scope().app_id, &settings, format)
        .await?;
    Reply::json(StatusCode::OK, &Answer::of(&services.engine, Some(config)))
}

async fn clear(services: Services, request: Request) -> Result<Reply, Error> {
    services
        .engine
        .apps()
        .acting(&request.context.principal)
        .clear_session_config(request.context.scope().app_id)
        .await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
