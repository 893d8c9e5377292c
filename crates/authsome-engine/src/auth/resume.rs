//! Going on with a sign-in that waits for a second factor.

use async_trait::async_trait;
use authsome_context::EnvironmentContext;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::plugin::{Proof, Redeem, SignInOutcome};
use authsome_core::session::SEVERAL_FACTORS;
use authsome_core::store::StoreTx;
use authsome_core::ticket::{Ticket, TicketPurpose};
use authsome_core::user::User;

use super::Auth;
use super::need::{joined, offers};

impl Auth {
    /// Goes on with a half-done sign-in by a second factor, or by the enrolment of the user's first one. The ticket and
    /// the proof are used up in the transaction that makes the session.
    ///
    /// # Errors
    /// `invalid_token` if the ticket was used or is expired, or if it is for enrolment and the user has a factor by
    /// now; those of [`Auth::complete_sign_in`].
    pub async fn resume(&self, ticket: &Ticket, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        let both = Both { at: &self.at, ticket, second: proof.redeem };
        let amr = &joined(&ticket.amr, &[proof.amr, &[SEVERAL_FACTORS]].concat());
        let proof = Proof { method: &ticket.method, amr, redeem: &both };
        // A ticket whose account is gone is worth nothing.
        self.complete(ticket.user_id, proof).await?.ok_or_else(Error::invalid_token)
    }
}

/// The first factor, which a ticket stands for, and the second one.
struct Both<'a> {
    at: &'a EnvironmentContext,
    ticket: &'a Ticket,
    second: &'a dyn Redeem,
}

#[async_trait]
impl Redeem for Both<'_> {
    /// A ticket for enrolment is void once its user has a factor: the first factor alone must not add another.
    async fn redeem(&self, user: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        let Self { at, ticket, second } = self;
        let delete = Ticket::delete(&at.scope()).filter(Ticket::ID.eq(ticket.id));
        let is_there = delete.filter(Ticket::EXPIRES_AT.gt(at.now())).batch(1, tx).await? == 1;
        let is_open = match ticket.purpose {
            TicketPurpose::Challenge => true,
            TicketPurpose::Enroll => offers(at, user.id, tx).await?.is_empty(),
        };
        if is_there && is_open { second.redeem(user, tx).await } else { Err(Error::invalid_token()) }
    }
}
