//! `/api-keys`: credentials of programs.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::id::{ApiKeyId, UserId};
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::time::Timestamp;
use authsome_engine::NewApiKey;

use super::super::page::{PageQuery, page};
use super::super::services::Services;
use super::super::view::ListView;
use super::view::{ApiKeyAnswer, ApiKeyView};
use crate::text::Name;

const TAG: &str = "API keys";
const READ: Guard = Guard::SessionOrPermission(Permission::read(Resource::ApiKeys));
const WRITE: Guard = Guard::SessionOrPermission(Permission::write(Resource::ApiKeys));

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"name": "Nightly report", "permissions": ["users:read"]}))]
struct Body {
    name: Name,
    /// The key's permissions, at most those of the requester. Default: none.
    #[serde(default)]
    permissions: Vec<Permission>,
    /// The user that the key belongs to. Default: the user of the session or key that makes the request, else the
    /// environment.
    user_id: Option<UserId>,
    /// When the key expires. Default: when the key that makes the request expires, if it does.
    expires_at: Option<Timestamp>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/api-keys")
            .about(TAG, "Make an API key")
            .description("Only this answer contains the key.")
            .takes::<Body>()
            .answers::<ApiKeyAnswer>(StatusCode::CREATED, "The key.")
            .errors(&[Code::Conflict, Code::NotFound])
            .guard(WRITE)
            .handler(services.handler(create)),
        Route::new(Method::GET, "/api-keys")
            .about(TAG, "List API keys")
            .description("With a session, the user's own keys; else all keys of the environment.")
            .query::<PageQuery>()
            .answers::<ListView<ApiKeyView>>(StatusCode::OK, "A page of keys, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(READ)
            .handler(services.handler(list)),
        Route::new(Method::DELETE, "/api-keys/{id}")
            .about(TAG, "Delete an API key")
            .description("A session deletes only its user's own keys. The key is refused from now on.")
            .answers_empty(StatusCode::NO_CONTENT, "It is deleted.")
            .guard(WRITE)
            .handler(services.handler(delete)),
    ]
}

async fn create(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let context = &request.context;
    let new = NewApiKey {
        name: body.name.into_string(),
        user_id: body.user_id,
        permissions: body.permissions,
        expires_at: body.expires_at,
    };
    let issued = services.at(context).api_keys().create(&new.granted_by(&context.principal)?).await?;
    Reply::json(StatusCode::CREATED, &ApiKeyAnswer { api_key: ApiKeyView::issued(issued) })
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let page = page::<ApiKeyId>(&request)?;
    let context = &request.context;
    let listed = services.at(context).api_keys().list(&context.principal, page).await?;
    Reply::json(StatusCode::OK, &ListView::<ApiKeyView>::of(listed))
}

async fn delete(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    services.at(context).api_keys().delete(request.param("id")?, &context.principal).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
