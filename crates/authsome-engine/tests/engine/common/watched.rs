//! A store in memory that counts and lists what it is asked, can be down, and can stop answering.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, TouchRequest, UpdateRequest, UpsertRequest,
};
use authsome_core::schema::TableDef;
use authsome_core::store::{Store, StoreTx};
use authsome_store_memory::MemoryStore;
use tokio::sync::Notify;

#[derive(Default)]
pub(crate) struct Watched {
    inner: MemoryStore,
    reads: AtomicU64,
    writes: AtomicU64,
    down: AtomicBool,
    read_only: AtomicBool,
    /// How many more deletions are answered, where that is limited.
    deletions: Mutex<Option<u32>>,
    stopped: Notify,
    watch: Arc<Watch>,
}

/// What a store and its transactions have in common.
#[derive(Default)]
struct Watch {
    /// Verb and table of each request.
    asked: Mutex<Vec<String>>,
    refuses_deletions: AtomicBool,
}

impl Watch {
    fn note(&self, verb: &str, table: &TableDef) {
        self.asked.lock().unwrap().push(format!("{verb} {}", table.name));
    }

    fn require_deletions(&self) -> Result<(), StoreError> {
        let refuses = self.refuses_deletions.load(Ordering::SeqCst);
        if refuses { Err(StoreError::unavailable("nothing is deleted")) } else { Ok(()) }
    }
}

impl Watched {
    /// What was asked since the last look, in transactions too: verb and table of each request.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.watch.asked.lock().unwrap())
    }

    /// Reads and writes since the last look.
    pub(crate) fn look(&self) -> (u64, u64) {
        (self.reads.swap(0, Ordering::SeqCst), self.writes.swap(0, Ordering::SeqCst))
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub(crate) fn set_read_only(&self, read_only: bool) {
        self.read_only.store(read_only, Ordering::SeqCst);
    }

    /// Whether deletions fail, in transactions too.
    pub(crate) fn refuse_deletions(&self, refuse: bool) {
        self.watch.refuses_deletions.store(refuse, Ordering::SeqCst);
    }

    /// From now on, so many deletions outside of transactions are answered and the next one is not.
    pub(crate) fn answer_deletions(&self, count: Option<u32>) {
        *self.deletions.lock().unwrap() = count;
    }

    /// Waits until a deletion is not answered.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    fn answers(&self) -> bool {
        match &mut *self.deletions.lock().unwrap() {
            Some(0) => false,
            Some(count) => {
                *count -= 1;
                true
            }
            None => true,
        }
    }

    fn read(&self) -> Result<&MemoryStore, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.up()
    }

    fn write(&self) -> Result<&MemoryStore, StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.read_only.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("read only"));
        }
        self.up()
    }

    fn up(&self) -> Result<&MemoryStore, StoreError> {
        if self.down.load(Ordering::SeqCst) { Err(StoreError::unavailable("down")) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl Records for Watched {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        self.watch.note("insert", request.table());
        self.write()?.insert(request).await
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.watch.note("find", request.table());
        self.read()?.find(request).await
    }

    async fn count(&self, request: CountRequest) -> Result<u64, StoreError> {
        self.watch.note("count", request.table());
        self.read()?.count(request).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.watch.note("update", request.table());
        self.write()?.update(request).await
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.watch.note("update_all", request.table());
        self.write()?.update_all(request).await
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        self.watch.note("upsert", request.table());
        self.write()?.upsert(request).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.watch.note("delete", request.table());
        self.watch.require_deletions()?;
        if !self.answers() {
            self.stopped.notify_one();
            return std::future::pending().await;
        }
        self.write()?.delete(request).await
    }
}

#[async_trait]
impl Store for Watched {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        let inner = Store::begin(self.write()?).await?;
        Ok(Arc::new(WatchedTx { inner, watch: Arc::clone(&self.watch) }))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        self.inner.migrate(plugins).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self.inner.migrations()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.up()?.ping().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

/// A transaction whose requests are listed.
struct WatchedTx {
    inner: Arc<dyn StoreTx>,
    watch: Arc<Watch>,
}

#[async_trait]
impl Records for WatchedTx {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        self.watch.note("insert", request.table());
        self.inner.insert(request).await
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.watch.note("find", request.table());
        self.inner.find(request).await
    }

    async fn count(&self, request: CountRequest) -> Result<u64, StoreError> {
        self.watch.note("count", request.table());
        self.inner.count(request).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.watch.note("update", request.table());
        self.inner.update(request).await
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.watch.note("update_all", request.table());
        self.inner.update_all(request).await
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        self.watch.note("upsert", request.table());
        self.inner.upsert(request).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.watch.note("delete", request.table());
        self.watch.require_deletions()?;
        self.inner.delete(request).await
    }
}

#[async_trait]
impl StoreTx for WatchedTx {
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.watch.note("touch", request.table());
        self.inner.touch(request).await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.inner.commit().await
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        self.inner.rollback().await
    }
}
