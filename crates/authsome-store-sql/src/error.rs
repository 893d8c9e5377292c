//! What a database says, as a [`StoreError`].

use std::time::Duration;

use authsome_core::error::StoreError;
use sea_orm::DbErr;

use crate::dialect::{Dialect, Fault};

/// Why a verb did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database said so.
    Database(DbErr),
    /// What the database answered cannot be used.
    Store(StoreError),
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sea_orm::sea_query::error::Error> for Failure {
    fn from(error: sea_orm::sea_query::error::Error) -> Self {
        Self::Store(StoreError::backend(error))
    }
}

impl Failure {
    /// The store's error. A broken constraint of unknown name is an error of the database.
    pub(crate) fn into_store_error(self, dialect: &dyn Dialect) -> StoreError {
        match self {
            Self::Database(error) => store_error(dialect, error),
            Self::Store(error) => error,
        }
    }
}

/// The store's error for one of the database. A driver's own error may hold the values of a row, which are nobody's to
/// see.
#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
pub(crate) fn store_error(dialect: &dyn Dialect, error: DbErr) -> StoreError {
    match dialect.classify(&error) {
        Fault::Conflict(Some(constraint)) => StoreError::Conflict { constraint },
        Fault::Reference(Some(constraint)) => StoreError::Reference { constraint },
        Fault::Contention => StoreError::contention(),
        Fault::Unavailable => StoreError::unavailable(dialect.message(&error)),
        Fault::Conflict(None) | Fault::Reference(None) | Fault::Other => StoreError::backend(dialect.message(&error)),
    }
}

/// Ends work to which the database does not answer in time.
pub(crate) async fn in_time<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_elapsed| Err(StoreError::unavailable("the database did not answer in time"))),
        None => work.await,
    }
}
