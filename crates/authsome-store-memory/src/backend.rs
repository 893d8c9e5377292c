//! [`MemoryStore`]: its making and its life cycle.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::clock::{Clock, SystemClock};
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::store::{Store, StoreTx};

use crate::database::{Database, Writer};
use crate::state::State;
use crate::transaction::MemoryTx;

/// How long a write waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store in the process. Clones share the data, which is gone with the last of them.
///
/// One transaction, or one write outside of transactions, happens at a time; others wait, and after 5 seconds answer
/// [`StoreError::Aborted`] for contention. So a task that holds a transaction writes through it alone. Reads outside of
/// transactions wait for nothing.
#[derive(Clone)]
pub struct MemoryStore {
    pub(crate) database: Arc<Database>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store, without tables until it is migrated.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// The same, with this clock to date migrations.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { database: Arc::new(Database::empty()), clock }
    }

    async fn writer(&self) -> Result<Writer, StoreError> {
        self.database.writer(PATIENCE).await
    }

    async fn write<T>(&self, work: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut writer = self.writer().await?;
        let done = writer.run(work)?;
        writer.publish()?;
        Ok(done)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

// Reads are on a snapshot, each write in a turn of its own.
forward_records! {
    impl Records for MemoryStore: |store, verb, request| { store.write(|state| state.$verb(&request)).await }
    find { store.database.snapshot()?.find(&request) }
    count { store.database.snapshot()?.count(&request) }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        Ok(Arc::new(MemoryTx::new(self.writer().await?)))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        authsome_migrate::up(self, plugins, &*self.clock).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.snapshot().map(|_| ())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.database.close();
        Ok(())
    }
}
