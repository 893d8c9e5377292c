//! [`Backend`]: what the suite asks of whoever runs it.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::error::Cause;
use authsome_core::store::Store;

use crate::fixture;

/// A backend under test: it makes databases.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Its name, which leads the names of the tests that run on it.
    fn name(&self) -> &str;

    /// A database of its own that nothing was ever done to.
    ///
    /// # Errors
    /// Why it could not be made. The case fails then; no case is skipped.
    async fn empty(&self) -> Result<Box<dyn Database>, Cause>;

    /// A database of its own that [`prepare`] was run on. To be overridden where copying a prepared one is faster.
    ///
    /// # Errors
    /// As [`empty`](Self::empty).
    async fn prepared(&self) -> Result<Box<dyn Database>, Cause> {
        let database = self.empty().await?;
        prepare(database.store().as_ref()).await?;
        Ok(database)
    }
}

/// A database. Its data goes when it is dropped.
#[async_trait]
pub trait Database: Send + Sync {
    /// The store on it.
    fn store(&self) -> Arc<dyn Store>;

    /// A second store on the same database, opened as another process would. A database that lives in the process has
    /// but one, and returns that.
    ///
    /// # Errors
    /// Whatever keeps it from being opened.
    async fn another(&self) -> Result<Arc<dyn Store>, Cause>;
}

/// Makes of an empty database what most cases start with: core's tables and the suite's own, two apps and three
/// environments.
///
/// # Errors
/// Those of the store.
pub async fn prepare(store: &dyn Store) -> Result<(), Cause> {
    store.migrate(&[fixture::group()]).await?;
    for home in fixture::homes() {
        home.settle(store).await?;
    }
    Ok(())
}
