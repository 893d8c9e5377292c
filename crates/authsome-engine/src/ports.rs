//! [`Ports`]: the engine's side of the ports of plugins, in the environment of a request.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_context::EnvironmentContext;
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::plugin::{Attempt, AttemptSubject, NewAccount, Proof, SignInOutcome, SignIns, SignedIn};
use authsome_core::records::Records;
use authsome_core::route::{Principal, RateClass};
use authsome_core::ticket::Ticket;
use authsome_core::user::User;

use crate::auth::Auth;
use crate::auth::need::offers;
use crate::lockout::{self, Subject};
use crate::rate::RateLimiter;

/// Signs people in for plugins, in the environment of a request and for its principal.
pub(crate) struct Ports {
    at: EnvironmentContext,
    principal: Principal,
}

impl Ports {
    pub(crate) const fn new(at: EnvironmentContext, principal: Principal) -> Self {
        Self { at, principal }
    }

    fn auth(&self) -> Auth {
        Auth { at: self.at.clone() }
    }
}

#[async_trait]
impl SignIns for Ports {
    async fn complete(&self, user: UserId, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        self.auth().complete_sign_in(user, proof).await
    }

    async fn resume(&self, ticket: &Ticket, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        self.auth().resume(ticket, proof).await
    }

    async fn sign_up(&self, new: NewAccount, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        self.auth().sign_up_proven(new, proof).await
    }

    async fn reauthenticate(&self, proof: Proof<'_>) -> Result<SignedIn, Error> {
        let Principal::Session(session) = &self.principal else {
            return Err(Error::new(Code::Unauthenticated, "sign in first"));
        };
        self.auth().reauthenticate_by(session, proof).await
    }

    async fn factors_of(&self, user: UserId, records: &dyn Records) -> Result<Vec<&'static str>, Error> {
        offers(&self.at, user, records).await
    }

    async fn attempt(&self, subject: AttemptSubject<'_>) -> Result<Box<dyn Attempt>, Error> {
        let subject = match subject {
            AttemptSubject::User(user) => Subject::user(user),
            AttemptSubject::SecondFactor(user) => Subject::second_factor(user),
            AttemptSubject::Identifier(identifier, user) => Subject::of(&self.at, identifier, user),
            AttemptSubject::Ticket(ticket) => {
                lockout::count_on_ticket(&self.at, ticket).await?;
                Subject::second_factor(ticket.user_id)
            }
        };
        Ok(Box::new(lockout::Attempt::begin(&self.at, subject).await?))
    }

    async fn limit(&self, class: RateClass, subject: &str) -> Result<(), Error> {
        let limiter = RateLimiter { foundation: Arc::clone(self.at.foundation()) };
        let decision = limiter.check(class, &self.at.scope(), None, Some(subject)).await?;
        decision.map_or(Ok(()), |decision| decision.require())
    }

    async fn methods_of(&self, user: &User, records: &dyn Records) -> Result<Vec<&'static str>, Error> {
        let mut methods = Vec::new();
        for method in &self.at.foundation().plugins.methods {
            if self.at.settings().allows_method(method.name()) && method.is_available(user, records).await? {
                methods.push(method.name());
            }
        }
        Ok(methods)
    }
}
