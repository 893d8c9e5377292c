//! Webhooks: where an environment's events are announced.

mod entity;
mod store;

pub use entity::Webhook;
pub use store::WebhookStore;
