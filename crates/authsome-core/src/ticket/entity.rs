//! [`Ticket`].

use crate::authenticator::{Credential, Expiring};
use crate::entity::{Column, Entity};
use crate::id::{TicketId, UserId};
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::text_enum;
use crate::time::Timestamp;
use crate::user::User;

text_enum! {
    /// What a ticket is for.
    pub enum TicketPurpose {
        /// For one of the user's second factors.
        Challenge = "challenge",
        /// For the enrolment of the user's first one.
        Enroll = "enroll",
    }
}

/// A sign-in after a right first factor. It can only go on with a second factor or with its enrolment.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_tickets", scope = PerEnvironment)]
#[index(name = "authsome_tickets_token_key", columns(token_hash), unique, global)]
#[index(name = "authsome_tickets_user_idx", columns(user_id))]
#[index(name = "authsome_tickets_expires_idx", columns(expires_at), global)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct Ticket {
    /// Id.
    #[entity(id)]
    pub id: TicketId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Who signs in.
    pub user_id: UserId,
    /// Hash of the token.
    pub token_hash: TokenHash,
    /// What it is for.
    #[entity(max_len = 32)]
    pub purpose: TicketPurpose,
    /// How often a second factor was tried.
    pub attempts: u32,
    /// The method of the first factor.
    #[entity(max_len = 64)]
    pub method: String,
    /// The proofs that were given (RFC 8176).
    #[entity(json, max_len = 16384)]
    pub amr: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Credential for Ticket {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

impl Expiring for Ticket {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}
