//! `/api-keys`: credentials of programs.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::id::{ApiKeyId, UserId};
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Context, Guard, Principal, Reply, Request, Route};
use authsome_core::time::Timestamp;
use authsome_engine::NewApiKey;

use super::super::page::{PageQuery, page};
use super::super::view::ListView;
use super::Services;
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

/// The keys that a request may reach: those of a session's user, else all.
fn own(context: &Context) -> Option<UserId> {
    match &context.principal {
        Principal::Session(session) => Some(session.user_id),
        _ => None,
    }
}

/// The key that a request asks for. It has at most the requester's permissions and time. It belongs to the same user,
/// so that it ends with that user's ban or deletion.
fn granted(context: &Context, body: Body) -> Result<NewApiKey, Error> {
    let mut new = NewApiKey {
        name: body.name.into_string(),
        user_id: body.user_id,
        permissions: body.permissions,
        expires_at: body.expires_at,
    };
    let (owner, may) = match &context.principal {
        Principal::Administrator => (None, true),
        Principal::Session(session) => (Some(session.user_id), new.permissions.is_empty()),
        Principal::ApiKey(key) => {
            new.expires_at = new.expires_at.or(key.expires_at);
            let in_time = key.expires_at.is_none_or(|end| new.expires_at.is_some_and(|at| at <= end));
            let may = new.permissions.iter().all(|permission| permission.is_among(&key.permissions));
            (key.user_id, may && in_time)
        }
        Principal::Anonymous => (None, false),
    };
    if owner.is_some() {
        new.user_id = new.user_id.or(owner);
    }
    if may && (owner.is_none() || new.user_id == owner) {
        Ok(new)
    } else {
        Err(Error::new(Code::Forbidden, "a key can have at most the permissions, the time and the user of its maker"))
    }
}

async fn create(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let context = &request.context;
    let issued = services.at(context).api_keys().create(&granted(context, body)?).await?;
    Reply::json(StatusCode::CREATED, &ApiKeyAnswer { api_key: ApiKeyView::issued(issued) })
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let page = page::<ApiKeyId>(&request)?;
    let context = &request.context;
    let listed = services.at(context).api_keys().list(own(context), page).await?;
    Reply::json(StatusCode::OK, &ListView::<ApiKeyView>::of(listed))
}

async fn delete(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    services.at(context).api_keys().delete(request.param("id")?, own(context)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
