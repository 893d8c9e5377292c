//! [`ApiKey`].

use crate::authenticator::Credential;
use crate::entity::{Column, Entity};
use crate::environment::Environment;
use crate::id::{ApiKeyId, UserId};
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::time::Timestamp;
use crate::user::User;

/// A credential of a program in one environment.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_api_keys", scope = PerEnvironment)]
#[index(name = "authsome_api_keys_hash_key", columns(hash), unique, global)]
#[index(name = "authsome_api_keys_prefix_idx", columns(prefix))]
#[index(name = "authsome_api_keys_user_idx", columns(user_id, id))]
#[reference(env_id, to = Environment, on_delete = Restrict)]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct ApiKey {
    /// Id.
    #[entity(id)]
    pub id: ApiKeyId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The user that the key belongs to; `None` if it belongs to the environment.
    pub user_id: Option<UserId>,
    /// Name for people.
    #[entity(max_len = 200)]
    pub name: String,
    /// The first characters of the key, to tell keys apart.
    #[entity(max_len = 32)]
    pub prefix: String,
    /// Hash of the key.
    pub hash: TokenHash,
    /// Its permissions, as `resource:action`.
    #[entity(json, max_len = 16384)]
    pub permissions: Vec<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, exact to a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Whether a key is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyState {
    /// It authenticates.
    Active,
    /// It is expired.
    Expired,
    /// It was revoked.
    Revoked,
}

impl ApiKey {
    /// The state at a moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> ApiKeyState {
        if self.revoked_at.is_some() {
            ApiKeyState::Revoked
        } else if self.expires_at.is_some_and(|expires_at| now >= expires_at) {
            ApiKeyState::Expired
        } else {
            ApiKeyState::Active
        }
    }
}

impl Credential for ApiKey {
    const HASH: Column<Self, TokenHash> = Self::HASH;
}
