//! `/users/{id}/…`: bans, locks and resets of a user's account.

use http::{Method, StatusCode};

use authsome_core::error::{Code, Error};
use authsome_core::route::{Reply, Request, Route};

use super::super::services::Services;
use super::super::view::UserAnswer;
use super::users::{TAG, WRITE};

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/users/{id}/ban")
            .about(TAG, "Ban a user")
            .description("All sessions of the user end, and every sign-in is refused.")
            .answers::<UserAnswer>(StatusCode::OK, "The user, banned.")
            .guard(WRITE)
            .handler(services.handler(ban)),
        Route::new(Method::POST, "/users/{id}/unban")
            .about(TAG, "End a ban")
            .answers::<UserAnswer>(StatusCode::OK, "The user, no longer banned.")
            .guard(WRITE)
            .handler(services.handler(unban)),
        Route::new(Method::POST, "/users/{id}/unlock")
            .about(TAG, "End a lock after failed attempts")
            .answers_empty(StatusCode::NO_CONTENT, "The account takes attempts again.")
            .guard(WRITE)
            .handler(services.handler(unlock)),
        Route::new(Method::POST, "/users/{id}/password-reset")
            .about(TAG, "Mail a user a link to set a password")
            .description(
                "The present password holds until the user sets a new one. In a suspended environment, the link works \
                when the suspension ends.",
            )
            .answers_empty(StatusCode::ACCEPTED, "The mail is queued.")
            .errors(&[Code::MethodNotAllowedHere])
            .guard(WRITE)
            .handler(services.handler(reset_password)),
    ]
}

async fn ban(services: Services, request: Request) -> Result<Reply, Error> {
    let user = services.at(&request.context).users().ban(request.param("id")?).await?;
    Reply::json(StatusCode::OK, &UserAnswer { user: user.into() })
}

async fn unban(services: Services, request: Request) -> Result<Reply, Error> {
    let user = services.at(&request.context).users().unban(request.param("id")?).await?;
    Reply::json(StatusCode::OK, &UserAnswer { user: user.into() })
}

async fn unlock(services: Services, request: Request) -> Result<Reply, Error> {
    services.at(&request.context).users().unlock(request.param("id")?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn reset_password(services: Services, request: Request) -> Result<Reply, Error> {
    services.at(&request.context).users().send_password_reset(request.param("id")?).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
