//! `/email`: verification and change of an address.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::identity::Email;
use authsome_core::route::{CredentialKind, Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::Token;

use super::services::{Services, TAG};
use crate::text::PlainText;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Verify {
    /// The token of the mail.
    token: PlainText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Address {
    email: Email,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/email/verify")
            .about(TAG, "Verify an address with a mailed token")
            .description("The request acts in the token's environment.")
            .takes_credential(CredentialKind::VERIFICATION, |body: &Verify| Some(body.token.as_str()))
            .answers_empty(StatusCode::NO_CONTENT, "The address is verified.")
            .errors(&[Code::InvalidToken, Code::Conflict])
            .guard(Guard::Public)
            .handler(services.handler(verify)),
        Route::new(Method::POST, "/email/verify/resend")
            .rate(RateClass::MAIL)
            .about(TAG, "Send the verification mail again")
            .description("The answer is the same for known and unknown addresses.")
            .takes::<Address>()
            .counts(|body: &Address| Some(body.email.key().to_owned()))
            .answers_empty(
                StatusCode::ACCEPTED,
                "If an account has the address and has not verified it, a mail is on its way.",
            )
            .guard(Guard::Public)
            .handler(services.handler(resend)),
        Route::new(Method::POST, "/email/change")
            .rate(RateClass::MAIL)
            .about(TAG, "Change the address")
            .description("Takes effect when the new address is verified.")
            .takes::<Address>()
            .counts(|body: &Address| Some(body.email.key().to_owned()))
            .answers_empty(StatusCode::ACCEPTED, "A mail is on its way to the new address.")
            .guard(Guard::RecentSession)
            .handler(services.handler(change)),
    ]
}

async fn verify(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Verify = request.json()?;
    let context = &request.context;
    let token = Token::presented(body.token.as_str());
    services.at(context).account().verify_email_found(&token, context.credential()?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn resend(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Address = request.json()?;
    let context = &request.context;
    services.at(context).account().resend_verification(&body.email).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

async fn change(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Address = request.json()?;
    let context = &request.context;
    services.at(context).account().change_email(context.session()?, &body.email).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
