//! Tickets of sign-ins that wait for a second factor.

use std::time::Duration;

use authsome_context::EnvironmentContext;
use authsome_context::rules::tokens;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::{TicketId, TypedId, UserId};
use authsome_core::plugin::{Proof, SecondFactorRequired};
use authsome_core::store::StoreTx;
use authsome_core::ticket::{Ticket, TicketPurpose};
use authsome_core::time::Timestamp;
use serde_json::json;

/// How long a ticket is valid.
const TTL: Duration = Duration::from_secs(600);

/// A ticket before it is stored.
pub(super) struct TicketDraft {
    pub(super) ticket: Ticket,
    required: SecondFactorRequired,
}

impl TicketDraft {
    pub(super) fn new(
        at: &EnvironmentContext,
        user: UserId,
        Proof { method, amr, .. }: Proof<'_>,
        (purpose, methods): (TicketPurpose, Vec<&'static str>),
        now: Timestamp,
    ) -> Result<Self, Error> {
        let entropy = at.entropy();
        let token = tokens::ticket(entropy)?;
        let ticket = Ticket {
            id: TicketId::generate(now, entropy)?,
            scope: at.scope(),
            user_id: user,
            purpose,
            attempts: 0,
            token_hash: token.hash(),
            method: method.to_owned(),
            amr: amr.iter().map(|&proof| proof.to_owned()).collect(),
            created_at: now,
            expires_at: now.plus(TTL),
        };
        let required = SecondFactorRequired { ticket: token, methods, expires_at: ticket.expires_at };
        Ok(Self { ticket, required })
    }

    /// Stores it with its event.
    pub(super) async fn write(&self, at: &EnvironmentContext, tx: &dyn StoreTx) -> Result<SecondFactorRequired, Error> {
        let Ticket { scope, user_id: user, amr, created_at: now, .. } = &self.ticket;
        self.ticket.insert(scope, tx).await?;
        at.event_by(user, *now, "ticket.issued", user, json!({ "amr": amr }))?.insert(scope, tx).await?;
        Ok(self.required.clone())
    }
}
