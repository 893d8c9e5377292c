//! `/me`: the account of the signed-in user.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use authsome_core::error::{Code, Error};
use authsome_core::identity::Username;
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_engine::ProfilePatch;

use super::services::{Services, TAG};
use super::view::UserAnswer;
use crate::text::{Name, present};

/// A merge patch (RFC 7396): absent fields stay as they are; null removes the value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(default, deserialize_with = "present")]
    name: Option<Option<Name>>,
    #[serde(default, deserialize_with = "present")]
    username: Option<Option<Username>>,
    /// Merged into the present metadata, nested objects too.
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<Map<String, Value>>>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/me")
            .about(TAG, "Show your account")
            .answers::<UserAnswer>(StatusCode::OK, "The user.")
            .guard(Guard::Session)
            .handler(services.handler(get)),
        Route::new(Method::PATCH, "/me")
            .about(TAG, "Change your account")
            .takes::<Patch>()
            .answers::<UserAnswer>(StatusCode::OK, "The user, changed.")
            .errors(&[Code::Conflict])
            .guard(Guard::Session)
            .handler(services.handler(update)),
        Route::new(Method::DELETE, "/me")
            .about(TAG, "Erase your account")
            .description("Removes the account and everything that is stored about it. It cannot be undone.")
            .answers_empty(StatusCode::NO_CONTENT, "The account is erased.")
            .guard(Guard::RecentSession)
            .handler(services.handler(erase)),
        Route::new(Method::GET, "/me/export")
            .about(TAG, "Export your account")
            .description("Everything that is stored about the account, without secrets.")
            .answers::<Map<String, Value>>(StatusCode::OK, "The data.")
            .guard(Guard::RecentSession)
            .handler(services.handler(export)),
    ]
}

async fn get(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    let user = services.at(context).users().get(context.session()?.user_id).await?;
    Reply::json(StatusCode::OK, &UserAnswer { user: user.into() })
}

async fn update(services: Services, request: Request) -> Result<Reply, Error> {
    let patch: Patch = request.json()?;
    let context = &request.context;
    let patch = ProfilePatch {
        name: patch.name.map(|name| name.map(Name::into_string)),
        username: patch.username,
        metadata: patch.metadata,
    };
    let user = services.at(context).users().update_profile(context.session()?.user_id, &patch).await?;
    Reply::json(StatusCode::OK, &UserAnswer { user: user.into() })
}

async fn erase(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    services.at(context).users().erase(context.session()?.user_id).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT).without_cookie())
}

async fn export(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    let data = services.at(context).users().export(context.session()?.user_id).await?;
    Reply::json(StatusCode::OK, &data)
}
