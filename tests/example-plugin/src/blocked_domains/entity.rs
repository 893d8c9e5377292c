//! [`BlockedDomain`].

use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;

/// A domain whose addresses cannot be registered.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_blocked_domains", scope = PerEnvironment)]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct BlockedDomain {
    /// The domain, in the canonical form that addresses have.
    #[entity(id, max_len = 254)]
    pub domain: String,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// When it was blocked.
    pub created_at: Timestamp,
}
