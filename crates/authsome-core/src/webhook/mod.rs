//! Webhooks: addresses that get an environment's events.

mod address;
mod entity;
mod store;

pub use address::{ADDRESS_RULE, is_address};
pub use entity::Webhook;
pub use store::WebhookStore;
