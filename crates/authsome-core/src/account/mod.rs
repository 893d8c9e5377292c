//! Accounts
use crate::records::Records;
/// AccountStore.
pub trait AccountStore: Send + Sync {}
impl<R: Records + ?Sized> AccountStore for R {}
