//! E
use crate::records::Records;
/// EnvironmentStore.
pub trait EnvironmentStore: Send + Sync {}
impl<R: Records + ?Sized> EnvironmentStore for R {}
