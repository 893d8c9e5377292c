//! Webhooks: where an environment's events are announced.

mod address;
mod entity;
mod store;

pub use address::{ADDRESS_RULE, is_address};
pub use entity::Webhook;
pub use store::WebhookStore;
