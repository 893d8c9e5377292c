//! Apps
use crate::records::Records;
/// AppStore.
pub trait AppStore: Send + Sync {}
impl<R: Records + ?Sized> AppStore for R {}
