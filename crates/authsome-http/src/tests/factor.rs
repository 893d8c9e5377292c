//! A second factor of the tests: a code, the same for everybody who enrolled.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::plugin::{AttemptSubject, Capabilities, Host, Plugin, Proof, Redeem, SecondFactor, Verified};
use authsome_core::records::Records;
use authsome_core::route::{Guard, RateClass, Reply, Request, Route};
use authsome_core::scope::Scope;
use authsome_core::store::StoreTx;
use authsome_core::user::User;

const NAME: &str = "factor";
pub(in crate::tests) const CODE: &str = "123456";

/// Brings the factor. Clones know the same users.
#[derive(Clone, Default)]
pub(in crate::tests) struct Factor {
    enrolled: Arc<Mutex<BTreeSet<UserId>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FactorEnrolment")]
struct Enroll {
    mfa_ticket: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FactorVerification")]
struct Verify {
    mfa_ticket: String,
    code: String,
    cookie: Option<bool>,
}

impl Plugin for Factor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        let enrolling = self.clone();
        Ok(Capabilities {
            second_factors: vec![Arc::new(self.clone())],
            routes: vec![
                Route::new(Method::POST, "/factor")
                    .about("Factor", "Enrol the factor")
                    .takes_ticket(|body: &Enroll| body.mfa_ticket.as_deref())
                    .answers_empty(StatusCode::NO_CONTENT, "With a session: it counts from now on.")
                    .guard(Guard::RecentSessionOrTicket)
                    .handler(move |request| enroll(enrolling.clone(), request)),
                Route::new(Method::POST, "/factor/verify")
                    .rate(RateClass::SIGN_IN)
                    .about("Factor", "Go on with a sign-in by the factor")
                    .takes_ticket(|body: &Verify| Some(body.mfa_ticket.as_str()))
                    .answers_empty(StatusCode::OK, "The person is signed in.")
                    .guard(Guard::Ticket)
                    .handler(verify),
            ],
            ..Capabilities::default()
        })
    }
}

#[async_trait]
impl SecondFactor for Factor {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn offers(&self, _: &Scope, user: UserId, _: &dyn Records) -> Result<Vec<&'static str>, Error> {
        Ok(if self.enrolled.lock().unwrap().contains(&user) { vec![NAME] } else { Vec::new() })
    }
}

#[async_trait]
impl Redeem for Factor {
    async fn redeem(&self, user: &User, _: &dyn StoreTx) -> Result<(), Error> {
        self.enrolled.lock().unwrap().insert(user.id);
        Ok(())
    }
}

async fn enroll(factor: Factor, request: Request) -> Result<Reply, Error> {
    let context = &request.context;
    let Ok(ticket) = context.ticket() else {
        factor.enrolled.lock().unwrap().insert(context.user_id()?);
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    };
    let proof = Proof { method: NAME, amr: &["otp"], redeem: &factor };
    Reply::signed_in(StatusCode::OK, context.sign_ins.resume(ticket, proof).await?.signed_in()?, None)
}

async fn verify(request: Request) -> Result<Reply, Error> {
    let body: Verify = request.json()?;
    let context = &request.context;
    let ticket = context.ticket()?;
    let attempt = context.sign_ins.attempt(AttemptSubject::Ticket(ticket)).await?;
    if body.code != CODE {
        attempt.fail().await?;
        return Err(Error::new(Code::InvalidCredentials, "the code is wrong"));
    }
    attempt.succeed().await?;
    let proof = Proof { method: NAME, amr: &["otp"], redeem: &Verified };
    Reply::signed_in(StatusCode::OK, context.sign_ins.resume(ticket, proof).await?.signed_in()?, body.cookie)
}
