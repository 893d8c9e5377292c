//! Webhooks
use crate::records::Records;
/// WebhookStore.
pub trait WebhookStore: Send + Sync {}
impl<R: Records + ?Sized> WebhookStore for R {}
