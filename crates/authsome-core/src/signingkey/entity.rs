//! [`SigningKey`].

use crate::entity::Entity;
use crate::environment::Environment;
use crate::id::SigningKeyId;
use crate::scope::Scope;
use crate::text_enum;
use crate::time::Timestamp;

text_enum! {
    /// The state of a key. An environment has at most one in each state.
    pub enum SigningKeyState {
        /// Published, so that verifiers know it before it signs.
        Next = "next",
        /// Signs.
        Current = "current",
        /// No longer signs, and is published until its last token is expired.
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
    /// Its state.
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
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
    /// When its last token expires. Known once it has stopped signing.
    pub needed_until: Option<Timestamp>,
}
