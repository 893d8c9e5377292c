//! `POST /signup`.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use authsome_core::error::{Code, Error};
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::Password;
use authsome_core::session::SessionView;
use authsome_core::user::UserView;
use authsome_engine::{SignUp, SignUpOutcome};

use super::services::{Services, TAG};
use crate::text::Name;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"email": "alice@example.com", "password": "correct horse battery staple"}))]
struct Body {
    email: Email,
    password: Password,
    username: Option<Username>,
    phone: Option<Phone>,
    name: Option<Name>,
    metadata: Option<Metadata>,
    /// The fields that the environment's sign-up form asks for.
    form: Option<Map<String, Value>>,
    /// Whether the answer also sets the session's token as a cookie.
    cookie: Option<bool>,
}

/// Both are null if the address must be verified first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedUp")]
struct Answer {
    user: Option<UserView>,
    session: Option<SessionView>,
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/signup")
        .rate(RateClass::MAIL)
        .about(TAG, "Sign up")
        .description(
            "If the environment requires verified addresses, the answer is the same for new and taken addresses: \
            `user` and `session` are null, and a mail is sent. A username and a phone number are refused then, and \
            chosen after the verification. Otherwise a taken name is a `conflict`.",
        )
        .takes::<Body>()
        .counts(|body: &Body| Some(body.email.key().to_owned()))
        .answers::<Answer>(StatusCode::CREATED, "The account was made.")
        .errors(&[
            Code::WeakPassword,
            Code::MfaRequired,
            Code::MethodNotAllowedHere,
            Code::RegistrationClosed,
            Code::Conflict,
        ])
        .guard(Guard::Public)
        .handler(services.handler(sign_up))
}

async fn sign_up(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let context = &request.context;
    let sign_up = SignUp {
        email: body.email,
        password: body.password,
        username: body.username,
        phone: body.phone,
        name: body.name.map(Name::into_string),
        metadata: body.metadata.unwrap_or_default(),
        form: body.form.unwrap_or_default(),
    };
    match services.at(context).auth().sign_up(sign_up, &context.client).await? {
        SignUpOutcome::SignedUp(outcome) => Reply::signed_in(StatusCode::CREATED, outcome.signed_in()?, body.cookie),
        SignUpOutcome::VerifyFirst => Reply::json(StatusCode::CREATED, &Answer { user: None, session: None }),
    }
}
