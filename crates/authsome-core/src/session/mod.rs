//! Sessions
use crate::records::Records;
/// SessionStore.
pub trait SessionStore: Send + Sync {}
impl<R: Records + ?Sized> SessionStore for R {}
