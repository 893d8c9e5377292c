//! `POST /signin`.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::identity::{Email, Identifier, Phone, Username};
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::Password;
use authsome_core::user::SignedInView;
use authsome_engine::SignIn;

use super::services::{Services, TAG};

/// Exactly one of `email`, `username` and `phone` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"email": "alice@example.com", "password": "correct horse battery staple"}))]
struct Body {
    email: Option<Email>,
    username: Option<Username>,
    phone: Option<Phone>,
    password: Password,
    /// Whether the answer also sets the session's token as a cookie.
    cookie: Option<bool>,
}

impl Body {
    /// The name that the person signs in by; `None` if the body has none or several.
    fn identifier(&self) -> Option<Identifier> {
        match (&self.email, &self.username, &self.phone) {
            (Some(email), None, None) => Some(Identifier::Email(email.clone())),
            (None, Some(username), None) => Some(Identifier::Username(username.clone())),
            (None, None, Some(phone)) => Some(Identifier::Phone(phone.clone())),
            _ => None,
        }
    }
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/signin")
        .rate(RateClass::SIGN_IN)
        .about(TAG, "Sign in with a password")
        .description("The answer is the same for an unknown account and a wrong password.")
        .takes::<Body>()
        .counts(|body: &Body| body.identifier().map(|identifier| identifier.subject()))
        .answers::<SignedInView>(StatusCode::OK, "The person is signed in.")
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
    let missing = || Error::invalid("", "give exactly one of email, username and phone");
    let sign_in = SignIn { identifier: body.identifier().ok_or_else(missing)?, password: body.password };
    let outcome = services.at(context).auth().sign_in(sign_in, &context.client).await?;
    Reply::signed_in(StatusCode::OK, outcome.signed_in()?, body.cookie)
}
