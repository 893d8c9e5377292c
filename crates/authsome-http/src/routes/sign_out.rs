//! `POST /signout`.

use http::{Method, StatusCode};

use authsome_core::error::Error;
use authsome_core::route::{Guard, Reply, Request, Route};

use super::services::{Services, TAG};

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/signout")
        .about(TAG, "Sign out")
        .description("Ends the session that makes the request, with its refresh tokens.")
        .answers_empty(StatusCode::NO_CONTENT, "The session is ended.")
        .guard(Guard::Session)
        .handler(services.handler(sign_out))
}

async fn sign_out(services: Services, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    services.at(context).auth().sign_out(context.session()?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT).without_cookie())
}
