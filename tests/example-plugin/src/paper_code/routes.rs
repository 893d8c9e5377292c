//! `POST /paper-code`, `POST /paper-code/confirm` and `POST /paper-code/verify`.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{AttemptSubject, Host, Proof, Redeem};
use authsome_core::records::Records;
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::{SecretString, Token, constant_time_eq};
use authsome_core::store::StoreTx;
use authsome_core::ticket::Ticket;
use authsome_core::time::Timestamp;
use authsome_core::user::{SignedInView, User};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NAME, PaperCode, factor};

const TAG: &str = "Paper codes";

/// What the code is (RFC 8176, section 2): a password that works once.
const AMR: [&str; 1] = ["otp"];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaperCodeEnrolment")]
struct Enroll {
    /// The ticket of a sign-in that waits for the enrolment; none with a session.
    mfa_ticket: Option<SecretString>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PaperCode")]
struct Enrolled {
    /// The code. It is shown once.
    code: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaperCodeConfirmation")]
struct Confirm {
    /// The code.
    code: SecretString,
    /// The ticket of a sign-in that waits for the enrolment; none with a session.
    mfa_ticket: Option<SecretString>,
    /// Whether the answer sets the session's cookie too.
    cookie: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaperCodeVerification")]
struct Verify {
    /// The code.
    code: SecretString,
    /// The ticket of the sign-in.
    mfa_ticket: SecretString,
    /// Whether the answer sets the session's cookie too.
    cookie: Option<bool>,
}

pub(super) fn routes(host: &Host) -> Vec<Route> {
    let (enrolling, confirming, verifying) = (host.clone(), host.clone(), host.clone());
    vec![
        Route::new(Method::POST, "/paper-code")
            .rate(RateClass::SIGN_IN)
            .about(TAG, "Make a code to keep on paper")
            .description("Replaces the one before. It counts once it was confirmed.")
            .takes_ticket(|body: &Enroll| body.mfa_ticket.as_ref().map(SecretString::expose))
            .counts_principal()
            .answers::<Enrolled>(StatusCode::OK, "The code.")
            .guard(Guard::RecentSessionOrTicket)
            .handler(move |request| enroll(enrolling.clone(), request)),
        Route::new(Method::POST, "/paper-code/confirm")
            .rate(RateClass::SIGN_IN)
            .about(TAG, "Confirm the code on paper")
            .takes_ticket(|body: &Confirm| body.mfa_ticket.as_ref().map(SecretString::expose))
            .counts_principal()
            .answers::<SignedInView>(StatusCode::OK, "The code counts from now on. A session has new tokens.")
            .errors(&[Code::InvalidCredentials, Code::InvalidToken, Code::AccountLocked])
            .guard(Guard::RecentSessionOrTicket)
            .handler(move |request| confirm(confirming.clone(), request)),
        Route::new(Method::POST, "/paper-code/verify")
            .rate(RateClass::SIGN_IN)
            .about(TAG, "Go on with a sign-in by the code on paper")
            .description("Uses the code up: make another one afterwards.")
            .takes_ticket(|body: &Verify| Some(body.mfa_ticket.expose()))
            .answers::<SignedInView>(StatusCode::OK, "The person is signed in.")
            .errors(&[Code::InvalidCredentials, Code::InvalidToken, Code::AccountLocked])
            .guard(Guard::Ticket)
            .handler(move |request| verify(verifying.clone(), request)),
    ]
}

async fn enroll(host: Host, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    let code = Token::generate("", &*host.entropy)?;
    let row = PaperCode {
        user_id: context.user_id()?,
        scope: context.scope(),
        code_hash: code.hash(),
        created_at: context.now,
        confirmed_at: None,
    };
    let mut earlier = PaperCode::update(&row.scope).filter(PaperCode::USER_ID.eq(row.user_id));
    if context.ticket().is_ok() {
        // A code that was confirmed since the gate looked is not replaced by the first factor alone.
        earlier = earlier.filter(PaperCode::CONFIRMED_AT.is_null());
    }
    let replaced = earlier.set(PaperCode::CODE_HASH, row.code_hash).set(PaperCode::CREATED_AT, row.created_at);
    let replaced = replaced.set(PaperCode::CONFIRMED_AT, None);
    if replaced.one(&*host.store).await?.is_none() && !row.insert_if_absent(&row.scope, &*host.store).await? {
        return Err(Error::invalid_token());
    }
    Reply::json(StatusCode::OK, &Enrolled { code: code.expose().to_owned() })
}

async fn confirm(host: Host, request: Request) -> Result<Reply, Error> {
    let body: Confirm = request.json()?;
    let context = &request.context;
    let user = context.user_id()?;
    let subject = context.ticket().map_or(AttemptSubject::SecondFactor(user), AttemptSubject::Ticket);
    let code = tried(&host, &request, subject, &body.code).await?;
    let confirmed = Confirmed { code, now: context.now };
    let Ok(ticket) = context.ticket() else {
        let proof = Proof { method: NAME, amr: &AMR, redeem: &confirmed };
        let renewed = context.sign_ins.reauthenticate(proof).await?;
        let (session, token) = (renewed.session.clone(), renewed.token.clone());
        return Ok(Reply::signed_in(StatusCode::OK, renewed, None)?.with_renewed_cookie(session, token));
    };
    go_on(&request, ticket, &confirmed, body.cookie).await
}

async fn verify(host: Host, request: Request) -> Result<Reply, Error> {
    let body: Verify = request.json()?;
    let ticket = request.context.ticket()?;
    let code = tried(&host, &request, AttemptSubject::Ticket(ticket), &body.code).await?;
    go_on(&request, ticket, &UsedUp(code), body.cookie).await
}

async fn go_on(request: &Request, ticket: &Ticket, redeem: &dyn Redeem, cookie: Option<bool>) -> Result<Reply, Error> {
    let proof = Proof { method: NAME, amr: &AMR, redeem };
    let signed_in = request.context.sign_ins.resume(ticket, proof).await?.signed_in()?;
    Reply::signed_in(StatusCode::OK, signed_in, cookie)
}

/// The user's code, if what was typed in is right. The attempt is counted before it is looked at.
async fn tried(
    host: &Host,
    request: &Request,
    subject: AttemptSubject<'_>,
    typed: &SecretString,
) -> Result<PaperCode, Error> {
    let context = &request.context;
    let attempt = context.sign_ins.attempt(subject).await?;
    let code = factor::find(&context.scope(), context.user_id()?, &*host.store).await?;
    let typed = Token::presented(typed.expose()).hash();
    match code.filter(|code| constant_time_eq(code.code_hash.as_bytes(), typed.as_bytes())) {
        Some(code) => {
            attempt.succeed().await?;
            Ok(code)
        }
        None => {
            attempt.fail().await?;
            Err(wrong())
        }
    }
}

fn wrong() -> Error {
    Error::new(Code::InvalidCredentials, "the code is wrong")
}

/// Confirms a code: it was written down and typed in.
struct Confirmed {
    code: PaperCode,
    now: Timestamp,
}

impl Confirmed {
    async fn write(&self, records: &dyn Records) -> Result<(), Error> {
        let update = PaperCode::update(&self.code.scope)
            .filter(PaperCode::USER_ID.eq(self.code.user_id))
            .filter(PaperCode::CODE_HASH.eq(self.code.code_hash))
            .set(PaperCode::CONFIRMED_AT, Some(self.now));
        update.one(records).await?.map(drop).ok_or_else(wrong)
    }
}

#[async_trait]
impl Redeem for Confirmed {
    async fn redeem(&self, _: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        self.write(tx).await
    }
}

/// Uses a code up.
struct UsedUp(PaperCode);

#[async_trait]
impl Redeem for UsedUp {
    async fn redeem(&self, _: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        let code = &self.0;
        let delete = PaperCode::delete(&code.scope)
            .filter(PaperCode::USER_ID.eq(code.user_id))
            .filter(PaperCode::CODE_HASH.eq(code.code_hash))
            .filter(PaperCode::CONFIRMED_AT.is_not_null());
        // One step: of two requests with the same code, one deletes the row.
        if delete.batch(1, tx).await? == 1 { Ok(()) } else { Err(wrong()) }
    }
}
