//! `/sessions`: the sessions of the signed-in user.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::id::{OrganizationId, SessionId};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::session::{SessionAnswer, SessionView};

use super::page::{PageQuery, page};
use super::services::{Services, TAG};
use super::view::ListView;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationBody {
    organization_id: OrganizationId,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/sessions")
            .about(TAG, "List your sessions")
            .query::<PageQuery>()
            .answers::<ListView<SessionView>>(StatusCode::OK, "A page of sessions, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Session)
            .handler(services.handler(list)),
        Route::new(Method::DELETE, "/sessions")
            .about(TAG, "End your other sessions")
            .description("The session that makes the request stays.")
            .answers_empty(StatusCode::NO_CONTENT, "The other sessions are ended.")
            .guard(Guard::Session)
            .handler(services.handler(revoke_others)),
        Route::new(Method::DELETE, "/sessions/{id}")
            .about(TAG, "End one of your sessions")
            .answers_empty(StatusCode::NO_CONTENT, "The session is ended.")
            .guard(Guard::Session)
            .handler(services.handler(revoke)),
        Route::new(Method::POST, "/sessions/organization")
            .about(TAG, "Choose the active organization")
            .description("The session's tokens stay valid.")
            .takes::<OrganizationBody>()
            .answers::<SessionAnswer>(StatusCode::OK, "The session, with the active organization.")
            .errors(&[Code::NotFound])
            .guard(Guard::Session)
            .handler(services.handler(set_organization)),
    ]
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let page = page::<SessionId>(&request)?;
    let context = &request.context;
    let listed = services.at(context).sessions().list(context.session()?.user_id, page).await?;
    Reply::json(StatusCode::OK, &ListView::<SessionView>::of(listed))
}

async fn revoke_others(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    services.at(context).sessions().revoke_others(context.session()?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn revoke(services: Services, request: Request) -> Result<Reply, Error> {
    let id: SessionId = request.param("id")?;
    let context = &request.context;
    let own = context.session()?;
    services.at(context).sessions().revoke_of(own.user_id, id).await?;
    let reply = Reply::empty(StatusCode::NO_CONTENT);
    Ok(if id == own.id { reply.without_cookie() } else { reply })
}

async fn set_organization(services: Services, request: Request) -> Result<Reply, Error> {
    let body: OrganizationBody = request.json()?;
    let context = &request.context;
    let session = services.at(context).auth().set_organization(context.session()?, body.organization_id).await?;
    Reply::json(StatusCode::OK, &SessionAnswer::from(session))
}
