//! `POST /signin`.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::identity::{Email, Identifier, Phone, Username};
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::Password;
use authsome_engine::SignIn;

use super::view::{SessionView, SignedIn};
use super::{Services, TAG};
use crate::rate;

/// Exactly one of `email`, `username` and `phone` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"email": "alice@example.com", "password": "correct horse battery staple"}))]
struct Body {
    email: Option<Email>,
    username: Option<Username>,
    phone: Option<Phone>,
    password: Password,
    /// Whether the session's token is set as a cookie too.
    cookie: Option<bool>,
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/signin")
        .rate(RateClass::SignIn)
        .about(TAG, "Sign in with a password")
        .description("An account that there is not and a wrong password are answered alike.")
        .takes::<Body>()
        .answers::<SignedIn>(StatusCode::OK, "The person is signed in.")
        .errors(&[
            Code::InvalidCredentials,
            Code::MfaRequired,
            Code::MethodNotAllowedHere,
            Code::EmailNotVerified,
            Code::UserBanned,
            Code::AccountLocked,
        ])
        .guard(Guard::Public)
        .handler(services.handler(sign_in))
}

async fn sign_in(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let context = &request.context;
    let identifier = match (body.email, body.username, body.phone) {
        (Some(email), None, None) => Identifier::Email(email),
        (None, Some(username), None) => Identifier::Username(username),
        (None, None, Some(phone)) => Identifier::Phone(phone),
        _ => return Err(Error::invalid("", "give exactly one of email, username and phone")),
    };
    rate::limit_subject(&services.engine, RateClass::SignIn, context, &identifier.subject()).await?;
    let sign_in = SignIn { identifier, password: body.password };
    let issued = services.at(context).auth().sign_in(sign_in, &context.client).await?;
    let answer = SignedIn { user: issued.user.clone().into(), session: SessionView::issued(&issued) };
    services.with_cookie(Reply::json(StatusCode::OK, &answer)?, body.cookie, &issued, context.now)
}
