//! S
use crate::records::Records;
/// AppSessionConfigStore.
pub trait AppSessionConfigStore: Send + Sync {}
impl<R: Records + ?Sized> AppSessionConfigStore for R {}
