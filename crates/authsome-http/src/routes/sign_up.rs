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
use authsome_engine::{SignUp, SignUpOutcome};

use super::view::{SessionView, UserView};
use super::{Services, TAG, sign_up_form};
use crate::rate;
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
    /// Whether the session's token is set as a cookie too.
    cookie: Option<bool>,
}

/// Both are null where the address must be verified first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedUp")]
struct Answer {
    user: Option<UserView>,
    session: Option<SessionView>,
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/signup")
        .rate(RateClass::Mail)
        .about(TAG, "Sign up")
        .description(
            "Where the environment wants addresses verified first, new and taken addresses are answered alike, with \
             `user` and `session` null; the rest happens by mail, and a username and a phone number are chosen \
             afterwards: sent here, they are refused. Elsewhere a taken name is a `conflict`.",
        )
        .takes::<Body>()
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
    rate::limit_subject(&services.engine, RateClass::Mail, context, body.email.key()).await?;
    let here = services.at(context);
    let form = here.config_for_sign_in_page().await?.sign_up_form;
    let sign_up = SignUp {
        email: body.email,
        password: body.password,
        username: body.username,
        phone: body.phone,
        name: body.name.map(Name::into_string),
        metadata: sign_up_form::fill(&form, &body.form.unwrap_or_default(), &body.metadata.unwrap_or_default())?,
    };
    match here.auth().sign_up(sign_up, &context.client).await? {
        SignUpOutcome::SignedUp(issued) => {
            let session = Some(SessionView::issued(&issued));
            let answer = Answer { user: Some(issued.user.clone().into()), session };
            services.with_cookie(Reply::json(StatusCode::CREATED, &answer)?, body.cookie, &issued, context.now)
        }
        SignUpOutcome::VerifyFirst => Reply::json(StatusCode::CREATED, &Answer { user: None, session: None }),
    }
}
