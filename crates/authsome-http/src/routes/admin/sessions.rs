//! `/users/{id}/sessions` and `/admin/sessions`: the sessions of an environment.

use http::{Method, StatusCode};

use authsome_core::error::{Code, Error};
use authsome_core::id::{SessionId, UserId};
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Guard, Reply, Request, Route};

use super::super::page::{PageQuery, page};
use authsome_core::session::SessionView;

use super::super::services::Services;
use super::super::view::ListView;
use super::confirm::confirm;
use super::progress::{ProgressAnswer, progress};

const TAG: &str = "Sessions";
const READ: Guard = Guard::Permission(Permission::read(Resource::Sessions));
const WRITE: Guard = Guard::Permission(Permission::write(Resource::Sessions));

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/users/{id}/sessions")
            .about(TAG, "List a user's sessions")
            .query::<PageQuery>()
            .answers::<ListView<SessionView>>(StatusCode::OK, "A page of sessions, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(READ)
            .handler(services.handler(list)),
        Route::new(Method::DELETE, "/users/{id}/sessions")
            .about(TAG, "End all sessions of a user")
            .answers_empty(StatusCode::NO_CONTENT, "The sessions are ended.")
            .guard(WRITE)
            .handler(services.handler(revoke)),
        Route::new(Method::DELETE, "/admin/sessions")
            .about(TAG, "End all sessions of the environment")
            .description(
                "In an environment of type production, it needs the header `X-Authsome-Confirm: revoke-sessions`.",
            )
            .answers::<ProgressAnswer>(StatusCode::OK, "All sessions are ended.")
            .answers::<ProgressAnswer>(StatusCode::ACCEPTED, "Some sessions remain: send the request again.")
            .errors(&[Code::ConfirmationRequired])
            .guard(WRITE)
            .handler(services.handler(revoke_everybodys)),
    ]
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let (user, page) = (request.param::<UserId>("id")?, page::<SessionId>(&request)?);
    let listed = services.at(&request.context).sessions().list(user, page).await?;
    Reply::json(StatusCode::OK, &ListView::<SessionView>::of(listed))
}

async fn revoke(services: Services, request: Request) -> Result<Reply, Error> {
    let user: UserId = request.param("id")?;
    services.at(&request.context).sessions().revoke_all(user).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn revoke_everybodys(services: Services, request: Request) -> Result<Reply, Error> {
    progress(services.at(&request.context).sessions().revoke_everybodys(confirm(&request)).await?)
}
