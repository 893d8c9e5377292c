//! F
use crate::records::Records;
/// FormConfigStore.
pub trait FormConfigStore: Send + Sync {}
impl<R: Records + ?Sized> FormConfigStore for R {}
/// BrandingStore.
pub trait BrandingStore: Send + Sync {}
impl<R: Records + ?Sized> BrandingStore for R {}
