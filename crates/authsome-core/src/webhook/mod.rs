//! Webhooks: where an environment's events are announced.

mod address;
mod entity;
mod store;

pub use address::is_address;
pub use entity::Webhook;
pub use store::WebhookStore;
