//! A
use crate::records::Records;
/// ApiKeyStore.
pub trait ApiKeyStore: Send + Sync {}
impl<R: Records + ?Sized> ApiKeyStore for R {}
