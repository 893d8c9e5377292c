//! `POST /reauthenticate`.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::Password;
use authsome_core::session::SessionAnswer;

use super::services::{Services, TAG};
use crate::text::PlainText;

/// Exactly one of `password` and `code` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    password: Option<Password>,
    /// A code of a second factor.
    code: Option<PlainText>,
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/reauthenticate")
        .rate(RateClass::SIGN_IN)
        .about(TAG, "Prove your identity again")
        .description(
            "For ten minutes, the session can use routes that need a recent proof of identity. It gets new tokens: the \
            earlier ones end.",
        )
        .takes::<Body>()
        .counts_principal()
        .answers::<SessionAnswer>(StatusCode::OK, "The session, with new tokens.")
        .errors(&[Code::InvalidCredentials, Code::MethodNotAllowedHere, Code::AccountLocked])
        .guard(Guard::Session)
        .handler(services.handler(reauthenticate))
}

async fn reauthenticate(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let context = &request.context;
    let session = context.session()?;
    let password = match (body.password, body.code) {
        (Some(password), None) => password,
        (None, Some(_)) => {
            return Err(Error::new(Code::MethodNotAllowedHere, "no second factor is enabled in this environment"));
        }
        _ => return Err(Error::invalid("", "give exactly one of password and code")),
    };
    Reply::renewed(services.at(context).auth().reauthenticate(session, &password).await?)
}
