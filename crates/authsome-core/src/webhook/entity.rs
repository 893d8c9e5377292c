//! [`Webhook`].

use crate::entity::Entity;
use crate::environment::Environment;
use crate::id::WebhookId;
use crate::scope::Scope;
use crate::time::Timestamp;

/// An address that an environment's events are announced to.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_webhooks", scope = PerEnvironment)]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct Webhook {
    /// Id.
    #[entity(id)]
    pub id: WebhookId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The address.
    pub url: String,
    /// A description for people.
    pub description: Option<String>,
    /// The announced events; empty means all.
    #[entity(json, max_len = 16384)]
    pub events: Vec<String>,
    /// The key that signs announcements, sealed under the master key.
    #[entity(max_len = 512)]
    pub sealed_secret: Vec<u8>,
    /// Whether events are announced to it.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
