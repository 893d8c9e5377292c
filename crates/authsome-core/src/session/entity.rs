//! [`Session`] and [`RefreshToken`].

use std::time::Duration;

use crate::authenticator::{Credential, Expiring};
use crate::entity::{Column, Entity, Filter};
use crate::id::{DeviceId, OrganizationId, RefreshTokenId, SessionId, UserId};
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::time::Timestamp;
use crate::user::User;

/// A completed sign-in. Revoking it deletes it.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_sessions", scope = PerEnvironment)]
#[index(name = "authsome_sessions_token_key", columns(token_hash), unique, global)]
#[index(name = "authsome_sessions_user_idx", columns(user_id, id))]
#[index(name = "authsome_sessions_device_idx", columns(device_id))]
#[index(name = "authsome_sessions_ends_idx", columns(refresh_expires_at), global)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct Session {
    /// Id. It stays the same when the session is refreshed.
    #[entity(id)]
    pub id: SessionId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The user.
    pub user_id: UserId,
    /// Hash of the present token.
    pub token_hash: TokenHash,
    /// The active organization.
    pub organization_id: Option<OrganizationId>,
    /// The device it was made on.
    pub device_id: Option<DeviceId>,
    /// Address it was made from.
    #[entity(max_len = 64)]
    pub ip: Option<String>,
    /// User agent it was made with.
    #[entity(max_len = 500)]
    pub user_agent: Option<String>,
    /// The method by which the person signed in.
    #[entity(max_len = 64)]
    pub method: String,
    /// How the person proved who they are (RFC 8176).
    #[entity(json)]
    pub amr: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last seen, exact to a minute.
    pub last_seen_at: Timestamp,
    /// When the token expires.
    pub expires_at: Timestamp,
    /// When the session can no longer be refreshed: its absolute end.
    pub refresh_expires_at: Timestamp,
}

/// The state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Its token is valid.
    Active,
    /// Its token is expired, or it was idle for too long.
    Expired,
}

/// The word in an `amr` for several factors (RFC 8176, section 2).
pub const SEVERAL_FACTORS: &str = "mfa";

impl Session {
    /// Whether several factors were proven in it.
    #[must_use]
    pub fn has_several_factors(&self) -> bool {
        self.amr.iter().any(|proof| proof == SEVERAL_FACTORS)
    }

    /// The state at a moment. `idle_timeout` of zero means that idleness does not end it.
    #[must_use]
    pub fn state(&self, now: Timestamp, idle_timeout: Duration) -> SessionState {
        let idle = !idle_timeout.is_zero() && now >= self.last_seen_at.plus(idle_timeout);
        if idle || now >= self.expires_at || now >= self.refresh_expires_at {
            SessionState::Expired
        } else {
            SessionState::Active
        }
    }

    /// Sessions that can be used or refreshed at a moment: before their absolute end and their `idle_timeout`. Zero
    /// means that idleness does not end them.
    pub fn alive(now: Timestamp, idle_timeout: Duration) -> Filter<Self> {
        let lasts = Self::REFRESH_EXPIRES_AT.gt(now);
        if idle_timeout.is_zero() { lasts } else { lasts.and(Self::LAST_SEEN_AT.gt(now.minus(idle_timeout))) }
    }
}

impl Credential for Session {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

impl Expiring for Session {
    const EXPIRES: Column<Self, Timestamp> = Self::REFRESH_EXPIRES_AT;
}

/// A refresh token. Each refresh consumes one and makes the next; a session's tokens are one family (RFC 9700, section
/// 4.14.2).
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_refresh_tokens", scope = PerEnvironment)]
#[index(name = "authsome_refresh_tokens_hash_key", columns(hash), unique, global)]
#[index(name = "authsome_refresh_tokens_session_idx", columns(session_id))]
#[index(name = "authsome_refresh_tokens_expires_idx", columns(expires_at), global)]
#[reference(session_id, to = Session, on_delete = Cascade)]
pub struct RefreshToken {
    /// Id.
    #[entity(id)]
    pub id: RefreshTokenId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The session that it refreshes.
    pub session_id: SessionId,
    /// Hash of the token.
    pub hash: TokenHash,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was exchanged for the next one.
    pub consumed_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The state of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokenState {
    /// It can be exchanged.
    Valid,
    /// It was exchanged a moment ago: its holder may have lost the answer, and gets the same child.
    Graced,
    /// It was exchanged earlier: someone else may hold a copy, and the family is revoked.
    Replayed,
    /// It is expired.
    Expired,
}

impl RefreshToken {
    /// How long after its exchange a token still gives the same child.
    pub const GRACE: Duration = Duration::from_secs(10);

    /// The state at a moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> RefreshTokenState {
        match self.consumed_at {
            Some(consumed_at) if now <= consumed_at.plus(Self::GRACE) => RefreshTokenState::Graced,
            Some(_) => RefreshTokenState::Replayed,
            None if now >= self.expires_at => RefreshTokenState::Expired,
            None => RefreshTokenState::Valid,
        }
    }
}

impl Credential for RefreshToken {
    const HASH: Column<Self, TokenHash> = Self::HASH;
}

impl Expiring for RefreshToken {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}
