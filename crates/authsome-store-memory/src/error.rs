//! What this backend itself refuses.

use authsome_core::error::StoreError;

/// The cause inside a [`StoreError`] or a migration's error.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the store is closed")]
    Closed,
    #[error("table {0} does not exist: migrate first")]
    NoTable(String),
    #[error("column {0}.{1} does not exist: migrate first")]
    NoColumn(String, String),
    #[error("column {0}.{1} must hold a value")]
    NullValue(String, String),
    #[error("column {0}.{1} would leave its range")]
    Overflow(String, String),
    #[error("reference {0} does not name the primary key of its parent")]
    NotAKey(String),
    #[error("the memory backend runs no raw statements")]
    RawStatement,
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::unavailable(refusal),
            _ => Self::backend(refusal),
        }
    }
}
