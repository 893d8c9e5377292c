//! [`ExampleStore`]: the traits that a backend implements, each a few lines above the rest.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::clock::Clock;
use authsome_core::error::StoreError;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};
use authsome_core::store::{Store, StoreTx};

use crate::database::Database;
use crate::transaction::ExampleTx;

/// A store in the process. What it holds is gone when it is dropped.
pub struct ExampleStore {
    pub(crate) database: Arc<Database>,
    clock: Arc<dyn Clock>,
}

impl ExampleStore {
    /// An empty store, without tables until it is migrated. The clock dates its migrations.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { database: Arc::new(Database::empty()), clock }
    }
}

impl fmt::Debug for ExampleStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExampleStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for ExampleStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        Ok(Arc::new(ExampleTx::begin(Arc::clone(&self.database))?))
    }

    /// Core's migrations come first; the runner sorts, checks and applies what is pending.
    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        authsome_migrate::up(self, plugins, &*self.clock).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.snapshot().map(drop)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.database.close();
        Ok(())
    }
}

#[async_trait]
impl Records for ExampleStore {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        self.database.write(|state| state.insert(&request))
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.database.snapshot()?.find(&request)
    }

    async fn count(&self, request: CountRequest) -> Result<u64, StoreError> {
        self.database.snapshot()?.count(&request)
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.database.write(|state| state.update(&request))
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.database.write(|state| state.update_all(&request))
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        self.database.write(|state| state.upsert(&request))
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.database.write(|state| state.delete(&request))
    }
}
