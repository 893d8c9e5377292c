//! Secrets of webhooks.

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::WebhookId;
use authsome_core::webhook::Webhook;
use zeroize::Zeroizing;

use crate::engine::Engine;

/// Size of a secret, in bytes (Standard Webhooks asks for 24 to 64).
const SECRET: usize = 32;

/// A new secret for a webhook, sealed under the master key for this webhook's row.
pub(crate) fn new_secret(engine: &Engine, webhook: WebhookId) -> Result<Vec<u8>, Error> {
    let inner = engine.inner();
    let mut secret = Zeroizing::new([0; SECRET]);
    inner.entropy.fill(&mut *secret)?;
    let place = format!("{}.{}.{webhook}", Webhook::table().name, Webhook::SEALED_SECRET.name());
    Ok(inner.keys.webhook.seal(&place, &*secret, &*inner.entropy)?)
}
