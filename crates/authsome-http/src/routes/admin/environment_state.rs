//! `/environments/{env_id}/…`: suspension, deletion, cloning and the default of environments.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::environment::{EnvironmentType, SettingsPatch};
use authsome_core::error::{Code, Error};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_engine::EnvironmentCopy;

use super::super::services::Services;
use super::confirm::confirm;
use super::environments::{TAG, environments};
use super::view::EnvironmentAnswer;
use crate::text::{Name, PlainText, Text};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"name": "Preview 12", "type": "custom"}))]
struct CloneBody {
    name: Name,
    /// Made from the name if it is absent.
    slug: Option<Text<64>>,
    #[serde(rename = "type")]
    kind: EnvironmentType,
    /// Settings in which the clone differs from its source.
    #[serde(default)]
    settings: SettingsPatch,
    /// The address of the clone's webhooks. Default: each keeps its own.
    webhook_url: Option<PlainText>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::DELETE, "/environments/{env_id}")
            .about(TAG, "Delete an environment")
            .description(
                "The default environment and the app's last one of type production cannot be deleted. Any other of \
                type production needs the header `X-Authsome-Confirm: delete-environment`.",
            )
            .answers_empty(StatusCode::ACCEPTED, "The environment is out of reach; a background job deletes its data.")
            .errors(&[Code::EnvironmentProtected, Code::ConfirmationRequired])
            .guard(Guard::Administrator)
            .handler(services.handler(delete)),
        Route::new(Method::POST, "/environments/{env_id}/activate")
            .about(TAG, "End an environment's suspension")
            .description("Every unexpired session is valid again.")
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment, active.")
            .guard(Guard::Administrator)
            .handler(services.handler(activate)),
        Route::new(Method::POST, "/environments/{env_id}/deactivate")
            .about(TAG, "Suspend an environment")
            .description(
                "Every sign-in and every credential of the environment is refused until the suspension ends. No data \
                is lost.",
            )
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment, suspended.")
            .guard(Guard::Administrator)
            .handler(services.handler(deactivate)),
        Route::new(Method::POST, "/environments/{env_id}/set-default")
            .about(TAG, "Make an environment the app's default")
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment, now the app's default.")
            .guard(Guard::Administrator)
            .handler(services.handler(set_default)),
        Route::new(Method::POST, "/environments/{env_id}/publishable-key")
            .about(TAG, "Replace an environment's publishable key")
            .description("The old key is unknown from now on. The prefix of the new key says the environment's type.")
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment, with its new key.")
            .guard(Guard::Administrator)
            .handler(services.handler(replace_key)),
        Route::new(Method::POST, "/environments/{env_id}/clone")
            .about(TAG, "Clone an environment")
            .description(
                "Copies settings, forms and webhooks; the webhooks get new secrets and are switched off. Users, \
                sessions, organizations and keys are not copied.",
            )
            .takes::<CloneBody>()
            .answers::<EnvironmentAnswer>(StatusCode::CREATED, "The clone.")
            .errors(&[Code::Conflict])
            .guard(Guard::Administrator)
            .handler(services.handler(clone)),
    ]
}

async fn delete(services: Services, request: Request) -> Result<Reply, Error> {
    environments(&services, &request.context).delete(request.param("env_id")?, confirm(&request)).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

async fn activate(services: Services, request: Request) -> Result<Reply, Error> {
    let changed = environments(&services, &request.context).activate(request.param("env_id")?).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, changed))
}

async fn deactivate(services: Services, request: Request) -> Result<Reply, Error> {
    let changed = environments(&services, &request.context).deactivate(request.param("env_id")?).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, changed))
}

async fn set_default(services: Services, request: Request) -> Result<Reply, Error> {
    let changed = environments(&services, &request.context).set_default(request.param("env_id")?).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, changed))
}

async fn replace_key(services: Services, request: Request) -> Result<Reply, Error> {
    let id = request.param("env_id")?;
    let changed = environments(&services, &request.context).replace_publishable_key(id).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, changed))
}

async fn clone(services: Services, request: Request) -> Result<Reply, Error> {
    let body: CloneBody = request.json()?;
    let copy = EnvironmentCopy {
        name: body.name.into_string(),
        slug: body.slug.map(Text::into_string),
        kind: body.kind,
        settings: body.settings,
        webhook_url: body.webhook_url.map(PlainText::into_string),
    };
    let made = environments(&services, &request.context).copy(request.param("env_id")?, &copy).await?;
    Reply::json(StatusCode::CREATED, &EnvironmentAnswer::of(&services.engine, made))
}
