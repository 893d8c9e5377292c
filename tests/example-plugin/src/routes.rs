//! `POST /magic-link` and `POST /magic-link/redeem`.

use authsome_core::error::{Code, Error};
use authsome_core::identity::Email;
use authsome_core::plugin::{Proof, Recipient};
use authsome_core::route::{CredentialKind, Guard, RateClass, RateLimit, Reply, Request, Route};
use authsome_core::secret::SecretString;
use authsome_core::user::SignedInView;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::entity::MagicLink;
use crate::notice::SIGN_IN;
use crate::plugin::NAME;
use crate::redeem::Redemption;

const TAG: &str = "Magic links";

/// The token of a link, in a body.
const MAGIC_LINK: CredentialKind = CredentialKind::of::<MagicLink>("magic link");

/// A token of 256 bits is not guessed: the limit spares the store.
const REDEEM: RateClass =
    RateClass { name: "magic_link_redeem", address: Some(RateLimit::per_minute(60)), subject: None };

/// What was proven: that the mailbox is the person's. RFC 8176 has no word for it. It is no `otp` (RFC 4226, RFC 6238) and
/// no `mca`, because what is proven comes over one channel.
const AMR: [&str; 1] = ["email"];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MagicLinkRequest")]
struct Ask {
    /// The account's address.
    email: Email,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MagicLinkRedemption")]
struct Redeem {
    /// The token of the link.
    token: SecretString,
    /// Whether the answer sets the session's cookie too.
    cookie: Option<bool>,
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/magic-link")
            .rate(RateClass::MAIL)
            .about(TAG, "Ask for a mail with a link to sign in")
            .description(
                "Answered alike for every address. A mail is sent where an account has the address and has proven it.",
            )
            .takes::<Ask>()
            .counts(|body: &Ask| Some(body.email.key().to_owned()))
            .answers_empty(StatusCode::ACCEPTED, "A mail is on its way if the address has an account.")
            .errors(&[Code::EnvironmentInactive, Code::MethodNotAllowedHere])
            .guard(Guard::Public)
            .handler(ask),
        Route::new(Method::POST, "/magic-link/redeem")
            .rate(REDEEM)
            .about(TAG, "Sign in with the token of a mailed link")
            .description("A token works once. The request acts in the token's environment.")
            .takes_credential(MAGIC_LINK, |body: &Redeem| Some(body.token.expose()))
            .answers::<SignedInView>(StatusCode::OK, "The person is signed in.")
            .errors(&[
                Code::InvalidToken,
                Code::EnvironmentInactive,
                Code::MethodNotAllowedHere,
                Code::UserBanned,
                Code::EmailNotVerified,
                Code::MfaRequired,
            ])
            .guard(Guard::Public)
            .handler(redeem),
    ]
}

/// Queues a mail and looks nothing up, so that the answer and its time are the same for every address.
async fn ask(request: Request) -> Result<Reply, Error> {
    let body: Ask = request.json()?;
    request.context.environment.require_method(NAME)?;
    request.context.notices.queue(SIGN_IN, Recipient::Address(&body.email)).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

async fn redeem(request: Request) -> Result<Reply, Error> {
    let body: Redeem = request.json()?;
    let context = &request.context;
    let link: &MagicLink = context.credential()?;
    if !link.is_open(context.now) {
        return Err(Error::invalid_token());
    }
    let proof = Proof { method: NAME, amr: &AMR, redeem: &Redemption { link, now: context.now } };
    let signed_in = context.sign_ins.complete(link.user_id, proof).await?.signed_in()?;
    Reply::signed_in(StatusCode::OK, signed_in, body.cookie)
}
