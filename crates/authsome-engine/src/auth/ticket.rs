//! Tickets of sign-ins that wait for a second factor.

use std::time::Duration;

use authsome_context::EnvironmentContext;
use authsome_context::rules::tokens;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::{TicketId, TypedId, UserId};
use authsome_core::plugin::{Proof, SecondFactorRequired};
use authsome_core::secret::Token;
use authsome_core::store::StoreTx;
use authsome_core::ticket::{Ticket, TicketPurpose};
use authsome_core::time::Timestamp;
use serde_json::json;

/// How long a ticket is valid.
const TTL: Duration = Duration::from_secs(600);

/// A ticket before it is stored.
pub(super) struct TicketDraft {
    ticket: Ticket,
    token: Token,
    methods: Vec<&'static str>,
    issued: Event,
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
        let issued = at.event_by(&user, now, "ticket.issued", &user, json!({ "amr": amr }))?;
        Ok(Self { ticket, token, methods, issued })
    }

    /// Stores it with its event.
    pub(super) async fn write(&self, tx: &dyn StoreTx) -> Result<(), StoreError> {
        let scope = &self.ticket.scope;
        self.ticket.insert(scope, tx).await?;
        self.issued.insert(scope, tx).await
    }

    pub(super) const fn user(&self) -> UserId {
        self.ticket.user_id
    }

    pub(super) fn amr(&self) -> &[String] {
        &self.ticket.amr
    }

    pub(super) const fn purpose(&self) -> TicketPurpose {
        self.ticket.purpose
    }

    /// The outcome for the caller, with the token.
    pub(super) fn issue(self) -> SecondFactorRequired {
        SecondFactorRequired { ticket: self.token, methods: self.methods, expires_at: self.ticket.expires_at }
    }
}
