//! Users
use crate::records::Records;
/// UserStore.
pub trait UserStore: Send + Sync {}
impl<R: Records + ?Sized> UserStore for R {}
