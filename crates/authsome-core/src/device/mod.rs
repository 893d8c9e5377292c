//! Devices
use crate::records::Records;
/// DeviceStore.
pub trait DeviceStore: Send + Sync {}
impl<R: Records + ?Sized> DeviceStore for R {}
