//! Sign-in pages: the fields of forms, and each organization's branding.

mod entity;
mod store;

pub use entity::{Branding, FieldKind, FormConfig, FormField};
pub use store::{BrandingStore, FormConfigStore};
