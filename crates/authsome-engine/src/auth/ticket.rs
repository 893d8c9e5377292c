//! Tickets: what a sign-in stops at where a second factor is required.

use std::time::Duration;

use authsome_context::EnvironmentContext;
use authsome_context::rules::tokens;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::{TicketId, TypedId, UserId};
use authsome_core::secret::Token;
use authsome_core::store::StoreTx;
use authsome_core::ticket::Ticket;
use authsome_core::time::Timestamp;
use serde_json::json;

/// How long a ticket is good for.
const TTL: Duration = Duration::from_secs(600);
/// The proof that says that there was more than one factor (RFC 8176, section 2).
const SEVERAL_FACTORS: &str = "mfa";

/// Whether these proofs are not enough here.
pub(super) fn is_required(at: &EnvironmentContext, amr: &[impl AsRef<str>]) -> bool {
    at.settings().mfa_required && !amr.iter().any(|proof| proof.as_ref() == SEVERAL_FACTORS)
}

/// A ticket before it is stored.
pub(super) struct TicketDraft {
    ticket: Ticket,
    token: Token,
    issued: Event,
}

impl TicketDraft {
    pub(super) fn new(
        at: &EnvironmentContext,
        user: UserId,
        method: &str,
        amr: &[&str],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let entropy = at.entropy();
        let token = tokens::ticket(entropy)?;
        let ticket = Ticket {
            id: TicketId::generate(now, entropy)?,
            scope: at.scope(),
            user_id: user,
            token_hash: token.hash(),
            method: method.to_owned(),
            amr: amr.iter().map(|&proof| proof.to_owned()).collect(),
            created_at: now,
            expires_at: now.plus(TTL),
        };
        let issued = at.event_by(&user, now, "ticket.issued", &user, json!({ "amr": amr }))?;
        Ok(Self { ticket, token, issued })
    }

    /// Stores it with its event.
    pub(super) async fn write(&self, tx: &dyn StoreTx) -> Result<(), StoreError> {
        let scope = &self.ticket.scope;
        self.ticket.insert(scope, tx).await?;
        self.issued.insert(scope, tx).await
    }

    /// What the person is told, with the ticket in it. No method of this engine is a second factor yet, so that there is
    /// one to enrol first.
    pub(super) fn refusal(&self) -> Error {
        Error::new(Code::MfaRequired, "a second factor is required: continue with the ticket")
            .with("mfa_ticket", self.token.expose())
            .with("methods", json!(["enroll"]))
            .with("expires_at", json!(self.ticket.expires_at))
    }
}
