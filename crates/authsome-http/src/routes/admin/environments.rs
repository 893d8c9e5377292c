//! `/environments`: the environments of an app.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use authsome_core::environment::{EnvironmentType, Settings, SettingsPatch, Sourced};
use authsome_core::error::{Code, Error};
use authsome_core::id::EnvironmentId;
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Context, Guard, Reply, Request, Route};
use authsome_engine::{EnvironmentPatch, Environments, NewEnvironment};

use super::super::page::{PageQuery, page};
use super::super::services::Services;
use super::super::view::ListView;
use super::confirm::confirm;
use super::view::{EnvironmentAnswer, EnvironmentView};
use crate::text::{Name, PlainText, Text, kept, present};

/// The group of these routes in the OpenAPI document.
pub(super) const TAG: &str = "Environments";

const READ: Guard = Guard::Permission(Permission::read(Resource::Environments));
const WRITE: Guard = Guard::Permission(Permission::write(Resource::Environments));

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"name": "Preview 12", "type": "custom"}))]
struct Body {
    name: Name,
    /// Made from the name if it is absent.
    slug: Option<Text<64>>,
    #[serde(rename = "type")]
    kind: EnvironmentType,
    description: Option<PlainText>,
    /// `#RRGGBB`. Default: the colour of the type.
    color: Option<Text<7>>,
    #[serde(default)]
    settings: SettingsPatch,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// A merge patch (RFC 7396): absent fields stay as they are; null restores the inherited or built-in value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(default, deserialize_with = "kept")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "kept")]
    slug: Option<Text<64>>,
    #[serde(rename = "type", default, deserialize_with = "kept")]
    kind: Option<EnvironmentType>,
    #[serde(default, deserialize_with = "present")]
    description: Option<Option<PlainText>>,
    #[serde(default, deserialize_with = "present")]
    color: Option<Option<Text<7>>>,
    #[serde(default, deserialize_with = "present")]
    settings: Option<Option<SettingsPatch>>,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<BTreeMap<String, Option<String>>>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EffectiveSettingsAnswer")]
struct EffectiveAnswer {
    settings: Sourced,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/environments")
            .about(TAG, "Make an environment")
            .takes::<Body>()
            .answers::<EnvironmentAnswer>(StatusCode::CREATED, "The environment. It is active, and not the default.")
            .errors(&[Code::Conflict])
            .guard(Guard::Administrator)
            .handler(services.handler(create)),
        Route::new(Method::GET, "/environments")
            .about(TAG, "List the app's environments")
            .description("A session or key sees only its own environment.")
            .query::<PageQuery>()
            .answers::<ListView<EnvironmentView>>(StatusCode::OK, "A page of environments, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(READ)
            .handler(services.handler(list)),
        Route::new(Method::GET, "/environments/{env_id}")
            .about(TAG, "Show an environment")
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment.")
            .guard(READ)
            .handler(services.handler(get)),
        Route::new(Method::GET, "/environments/slug/{slug}")
            .about(TAG, "Find an environment by slug")
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment.")
            .guard(READ)
            .handler(services.handler(by_slug)),
        Route::new(Method::GET, "/environments/{env_id}/effective-settings")
            .about(TAG, "Show an environment's effective settings")
            .answers::<EffectiveAnswer>(StatusCode::OK, "Each value, with its source.")
            .guard(READ)
            .handler(services.handler(effective_settings)),
        Route::new(Method::PATCH, "/environments/{env_id}")
            .about(TAG, "Change an environment")
            .description(
                "Only the administrator's token changes slug and type. Changing the type from production needs the \
                header `X-Authsome-Confirm: change-environment-type`.",
            )
            .takes::<Patch>()
            .answers::<EnvironmentAnswer>(StatusCode::OK, "The environment, changed.")
            .errors(&[Code::Conflict, Code::ConfirmationRequired])
            .guard(WRITE)
            .handler(services.handler(update)),
    ]
}

/// The environments of the app that a request means, with its principal as the actor.
pub(super) fn environments(services: &Services, context: &Context) -> Environments {
    services.engine.environments_of(context.scope().app_id).acting(&context.principal)
}

async fn create(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let mut settings = Settings::default();
    settings.patch(body.settings);
    let new = NewEnvironment {
        name: body.name.into_string(),
        slug: body.slug.map(Text::into_string),
        kind: body.kind,
        description: body.description.map(PlainText::into_string),
        color: body.color.map(Text::into_string),
        settings,
        metadata: body.metadata,
    };
    let made = environments(&services, &request.context).create(&new).await?;
    Reply::json(StatusCode::CREATED, &EnvironmentAnswer::of(&services.engine, made))
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let page = page::<EnvironmentId>(&request)?;
    let listed = environments(&services, &request.context).list(page).await?;
    Reply::json(StatusCode::OK, &ListView::<EnvironmentView>::of(listed))
}

async fn get(services: Services, request: Request) -> Result<Reply, Error> {
    let found = environments(&services, &request.context).get(request.param("env_id")?).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, found))
}

async fn by_slug(services: Services, request: Request) -> Result<Reply, Error> {
    let slug: String = request.param("slug")?;
    let found = environments(&services, &request.context).get_by_slug(&slug).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, found))
}

async fn effective_settings(services: Services, request: Request) -> Result<Reply, Error> {
    let settings = environments(&services, &request.context).effective_settings(request.param("env_id")?).await?;
    Reply::json(StatusCode::OK, &EffectiveAnswer { settings })
}

async fn update(services: Services, request: Request) -> Result<Reply, Error> {
    let (id, patch) = (request.param("env_id")?, request.json::<Patch>()?);
    let patch = EnvironmentPatch {
        name: patch.name.map(Name::into_string),
        slug: patch.slug.map(Text::into_string),
        kind: patch.kind,
        description: patch.description.map(|text| text.map(PlainText::into_string)),
        color: patch.color.map(|text| text.map(Text::into_string)),
        settings: patch.settings.map(|settings| settings.unwrap_or_else(SettingsPatch::inherit_all)),
        metadata: patch.metadata,
    };
    let changed = environments(&services, &request.context).update(id, &patch, confirm(&request)).await?;
    Reply::json(StatusCode::OK, &EnvironmentAnswer::of(&services.engine, changed))
}
