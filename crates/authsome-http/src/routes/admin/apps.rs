//! `/apps`: the apps of an installation.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use authsome_core::error::{Code, Error};
use authsome_core::id::AppId;
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_engine::{AppPatch, Apps, NewApp};

use super::super::page::{PageQuery, page};
use super::super::services::Services;
use super::super::view::ListView;
use super::confirm::confirm;
use super::view::{AppAnswer, AppView};
use crate::text::{Name, Text, kept, present};

const TAG: &str = "Apps";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"name": "Web shop"}))]
struct Body {
    name: Name,
    /// Made from the name if it is absent.
    slug: Option<Text<64>>,
}

/// A merge patch (RFC 7396): absent fields stay as they are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(default, deserialize_with = "kept")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "kept")]
    slug: Option<Text<64>>,
    /// Merged into the present metadata, nested objects too; null removes all of it.
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<Map<String, Value>>>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/apps")
            .about(TAG, "Make an app")
            .description("The app gets the environments development (its default), staging and production.")
            .takes::<Body>()
            .answers::<AppAnswer>(StatusCode::CREATED, "The app.")
            .errors(&[Code::Conflict])
            .guard(Guard::Administrator)
            .handler(services.handler(create)),
        Route::new(Method::GET, "/apps")
            .about(TAG, "List apps")
            .query::<PageQuery>()
            .answers::<ListView<AppView>>(StatusCode::OK, "A page of apps, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Administrator)
            .handler(services.handler(list)),
        Route::new(Method::GET, "/apps/{app_id}")
            .about(TAG, "An app")
            .answers::<AppAnswer>(StatusCode::OK, "The app.")
            .guard(Guard::Administrator)
            .handler(services.handler(get)),
        Route::new(Method::PATCH, "/apps/{app_id}")
            .about(TAG, "Change an app")
            .takes::<Patch>()
            .answers::<AppAnswer>(StatusCode::OK, "The app, changed.")
            .errors(&[Code::Conflict])
            .guard(Guard::Administrator)
            .handler(services.handler(update)),
        Route::new(Method::DELETE, "/apps/{app_id}")
            .about(TAG, "Delete an app with all its environments")
            .description("Needs the header `X-Authsome-Confirm: delete-app`. The configured app cannot be deleted.")
            .answers_empty(StatusCode::ACCEPTED, "The app is out of reach; a background job deletes its data.")
            .errors(&[Code::Conflict, Code::ConfirmationRequired])
            .guard(Guard::Administrator)
            .handler(services.handler(delete)),
        Route::new(Method::POST, "/apps/{app_id}/publishable-key")
            .about(TAG, "Replace an app's publishable key")
            .description("The old key is unknown from now on.")
            .answers::<AppAnswer>(StatusCode::OK, "The app, with its new key.")
            .guard(Guard::Administrator)
            .handler(services.handler(replace_key)),
    ]
}

/// The apps, with the request's principal as the actor.
fn apps(services: &Services, request: &Request) -> Apps {
    services.engine.apps().acting(&request.context.principal)
}

async fn create(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let new = NewApp { name: body.name.into_string(), slug: body.slug.map(Text::into_string) };
    let app = apps(&services, &request).create(&new).await?;
    Reply::json(StatusCode::CREATED, &AppAnswer { app: app.into() })
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let listed = apps(&services, &request).list(page::<AppId>(&request)?).await?;
    Reply::json(StatusCode::OK, &ListView::<AppView>::of(listed))
}

async fn get(services: Services, request: Request) -> Result<Reply, Error> {
    let app = apps(&services, &request).get(request.param("app_id")?).await?;
    Reply::json(StatusCode::OK, &AppAnswer { app: app.into() })
}

async fn update(services: Services, request: Request) -> Result<Reply, Error> {
    let id = request.param("app_id")?;
    let patch: Patch = request.json()?;
    let patch = AppPatch {
        name: patch.name.map(Name::into_string),
        slug: patch.slug.map(Text::into_string),
        metadata: patch.metadata,
    };
    let app = apps(&services, &request).update(id, &patch).await?;
    Reply::json(StatusCode::OK, &AppAnswer { app: app.into() })
}

async fn delete(services: Services, request: Request) -> Result<Reply, Error> {
    apps(&services, &request).delete(request.param("app_id")?, confirm(&request)).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

async fn replace_key(services: Services, request: Request) -> Result<Reply, Error> {
    let app = apps(&services, &request).replace_publishable_key(request.param("app_id")?).await?;
    Reply::json(StatusCode::OK, &AppAnswer { app: app.into() })
}
