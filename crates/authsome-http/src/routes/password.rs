//! `/password`: reset and change of a password.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::identity::Email;
use authsome_core::route::{CredentialKind, Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::{Password, Token};
use authsome_core::session::SessionAnswer;

use super::services::{Services, TAG};
use crate::text::PlainText;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Forgot {
    email: Email,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    /// The token of the mail.
    token: PlainText,
    password: Password,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    current: Password,
    /// The new password.
    password: Password,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/password/forgot")
            .rate(RateClass::MAIL)
            .about(TAG, "Send a mail to reset the password")
            .description("The answer is the same for known and unknown addresses.")
            .takes::<Forgot>()
            .counts(|body: &Forgot| Some(body.email.key().to_owned()))
            .answers_empty(StatusCode::ACCEPTED, "If an account has the address, a mail is on its way.")
            .errors(&[Code::MethodNotAllowedHere])
            .guard(Guard::Public)
            .handler(services.handler(forgot)),
        Route::new(Method::POST, "/password/reset")
            .rate(RateClass::SIGN_IN)
            .about(TAG, "Reset the password with a mailed token")
            .description("Ends all sessions and unlocks the account. The request acts in the token's environment.")
            .takes_credential(CredentialKind::PASSWORD_RESET, |body: &Reset| Some(body.token.as_str()))
            .answers::<SessionAnswer>(StatusCode::OK, "The password is changed: the session, with new tokens.")
            .errors(&[Code::InvalidToken, Code::WeakPassword, Code::MethodNotAllowedHere])
            .guard(Guard::Public)
            .handler(services.handler(reset)),
        Route::new(Method::POST, "/password/change")
            .rate(RateClass::SIGN_IN)
            .about(TAG, "Change the password")
            .description("Ends all other sessions. This one gets new tokens: the earlier ones end.")
            .takes::<Change>()
            .counts_principal()
            .answers_empty(StatusCode::NO_CONTENT, "The password is changed.")
            .errors(&[Code::InvalidCredentials, Code::WeakPassword, Code::MethodNotAllowedHere, Code::AccountLocked])
            .guard(Guard::Session)
            .handler(services.handler(change)),
    ]
}

async fn forgot(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Forgot = request.json()?;
    let context = &request.context;
    services.at(context).account().forgot(&body.email).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

async fn reset(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Reset = request.json()?;
    let context = &request.context;
    let token = Token::presented(body.token.as_str());
    services.at(context).account().reset_found(&token, context.credential()?, &body.password).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn change(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Change = request.json()?;
    let context = &request.context;
    let session = context.session()?;
    Reply::renewed(services.at(context).account().change_password(session, &body.current, &body.password).await?)
}
