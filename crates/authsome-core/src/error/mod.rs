//! The two kinds of errors: [`StoreError`], what a store reports, and [`Error`], what a service or route answers.

mod service;
mod store;

pub use service::{Code, Error, FieldError};
pub use store::{AbortReason, Cause, StoreError};
