//! N
use crate::records::Records;
/// NotificationStore.
pub trait NotificationStore: Send + Sync {}
impl<R: Records + ?Sized> NotificationStore for R {}
