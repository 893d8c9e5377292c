//! The two kinds of errors: [`StoreError`], what a store reports, and [`Error`], what a service or route answers.

mod fields;
mod service;
mod store;

pub use fields::{FieldError, FieldErrors};
pub use service::{Code, Error};
pub use store::{AbortReason, Cause, StoreError};
