//! Orgs
use crate::records::Records;
/// OrganizationStore.
pub trait OrganizationStore: Send + Sync {}
impl<R: Records + ?Sized> OrganizationStore for R {}
