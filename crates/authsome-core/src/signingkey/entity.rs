//! [`SigningKey`].

use crate::entity::Entity;
use crate::environment::Environment;
use crate::id::SigningKeyId;
use crate::scope::Scope;
use crate::text_enum;
use crate::time::Timestamp;

text_enum! {
    /// Where a key is in its life. An environment has at most one in each state.
    pub enum SigningKeyState {
        /// Published, so that verifiers know it before it signs.
        Next = "next",
        /// Signs.
        Current = "current",
        /// Signs no more, and is published until the last token that it signed is expired.
        Previous = "previous",
    }
}

/// An Ed25519 key (RFC 8032) of an environment. Its id is the `kid` of the tokens that it signs.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_signing_keys", scope = PerEnvironment)]
#[index(name = "authsome_signing_keys_state_key", columns(state), unique)]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct SigningKey {
    /// Id.
    #[entity(id)]
    pub id: SigningKeyId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Where it is in its life.
    #[entity(max_len = 32)]
    pub state: SigningKeyState,
    /// Public key.
    pub public: [u8; 32],
    /// Private key, sealed under the master key.
    #[entity(max_len = 512)]
    pub sealed_private: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it ceased to sign.
    pub retired_at: Option<Timestamp>,
    /// When the last token that it signed is expired. Known since it ceased to sign.
    pub needed_until: Option<Timestamp>,
}
