//! `POST /test-factor/enroll` and `POST /test-factor/challenge`.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{AttemptSubject, Proof, Redeem, Verified};
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::SecretString;
use authsome_core::store::{Store, StoreTx};
use authsome_core::user::{SignedInView, User};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Enrolment, NAME, TestFactor};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TestFactorCode")]
struct Given {
    /// The code.
    code: SecretString,
    /// The ticket of the sign-in; none with a session.
    mfa_ticket: Option<SecretString>,
    /// Whether the answer sets the session's cookie too.
    cookie: Option<bool>,
}

pub(super) fn routes(store: Arc<dyn Store>) -> Vec<Route> {
    let route = |path, summary, guard| {
        Route::new(Method::POST, path)
            .rate(RateClass::SIGN_IN)
            .about("Test factor", summary)
            .takes_ticket(|body: &Given| body.mfa_ticket.as_ref().map(SecretString::expose))
            .answers::<SignedInView>(StatusCode::OK, "With a ticket: the person is signed in.")
            .errors(&[Code::InvalidCredentials, Code::InvalidToken, Code::AccountLocked])
            .guard(guard)
    };
    vec![
        route("/test-factor/enroll", "Enrol the test factor", Guard::RecentSessionOrTicket)
            .answers_empty(StatusCode::NO_CONTENT, "With a session: the user has the factor.")
            .handler(move |request| enroll(Arc::clone(&store), request)),
        route("/test-factor/challenge", "Go on with a sign-in", Guard::Ticket)
            .handler(|request| async move { prove(&request, &Verified).await }),
    ]
}

async fn enroll(store: Arc<dyn Store>, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    let enrolment = Enrolment { user_id: context.user_id()?, scope: context.scope(), created_at: context.now };
    if context.ticket().is_ok() {
        return prove(&request, &enrolment).await;
    }
    try_code(&request, AttemptSubject::SecondFactor(enrolment.user_id)).await?;
    enrolment.insert_if_absent(&enrolment.scope, &*store).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Goes on with the sign-in whose ticket the body carries.
async fn prove(request: &Request, redeem: &dyn Redeem) -> Result<Reply, Error> {
    let ticket = request.context.ticket()?;
    let body = try_code(request, AttemptSubject::Ticket(ticket)).await?;
    let proof = Proof { method: NAME, amr: &["otp"], redeem };
    let signed_in = request.context.sign_ins.resume(ticket, proof).await?.signed_in()?;
    Reply::signed_in(StatusCode::OK, signed_in, body.cookie)
}

/// The body, where its code is right.
async fn try_code(request: &Request, subject: AttemptSubject<'_>) -> Result<Given, Error> {
    let body: Given = request.json()?;
    let attempt = request.context.sign_ins.attempt(subject).await?;
    if body.code.expose() == TestFactor::CODE {
        attempt.succeed().await?;
        return Ok(body);
    }
    attempt.fail().await?;
    Err(Error::new(Code::InvalidCredentials, "the code is wrong"))
}

#[async_trait]
impl Redeem for Enrolment {
    async fn redeem(&self, _: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        self.insert_if_absent(&self.scope, tx).await?;
        Ok(())
    }
}
