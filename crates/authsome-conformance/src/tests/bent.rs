//! [`Bent`]: a backend around the memory store that breaks one law.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use authsome_core::error::{Cause, StoreError};
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, TouchRequest, UpdateRequest, UpsertRequest,
};
use authsome_core::store::{Store, StoreTx};
use authsome_store_memory::MemoryStore;

use super::bent_verbs::{LATENCY, delete, find, insert, update, upsert};
use super::bug::{Bug, Call};
use crate::backend::{Backend, Database, prepare};

/// Makes memory databases with a bug.
pub(super) struct Bent(pub(super) Bug);

struct BentDatabase(Arc<BentStore>);

/// A store with a bug.
pub(super) struct BentStore {
    inner: Arc<dyn Store>,
    bug: Bug,
}

struct BentTx {
    inner: Mutex<Arc<dyn StoreTx>>,
    store: Arc<dyn Store>,
    bug: Bug,
}

impl Bent {
    pub(super) fn store(&self) -> Arc<BentStore> {
        Arc::new(BentStore { inner: Arc::new(MemoryStore::new()), bug: self.0.clone() })
    }
}

#[async_trait]
impl Backend for Bent {
    fn name(&self) -> &str {
        "bent"
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        Ok(Box::new(BentDatabase(self.store())))
    }

    async fn prepared(&self) -> Result<Box<dyn Database>, Cause> {
        let store = self.store();
        prepare(store.inner.as_ref()).await?;
        Ok(Box::new(BentDatabase(store)))
    }
}

#[async_trait]
impl Database for BentDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<BentStore>::clone(&self.0)
    }

    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(self.store())
    }
}

macro_rules! records {
    ($type:ty, $self:ident, $read:expr, $write:expr) => {
        #[async_trait]
        impl Records for $type {
            async fn insert(&$self, request: InsertRequest) -> Result<u64, StoreError> {
                let done = insert(&$self.bug, $write, request).await;
                $self.after(done).await
            }

            async fn find(&$self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
                let found = find(&$self.bug, $read, request).await;
                $self.after(found).await
            }

            async fn count(&$self, request: CountRequest) -> Result<u64, StoreError> {
                $read.count(request).await
            }

            async fn update(&$self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
                let done = update(&$self.bug, $write, request).await;
                $self.after(done).await
            }

            async fn update_all(&$self, request: UpdateRequest) -> Result<u64, StoreError> {
                $write.update_all(request).await
            }

            async fn upsert(&$self, request: UpsertRequest) -> Result<Row, StoreError> {
                let done = upsert(&$self.bug, $write, request).await;
                $self.after(done).await
            }

            async fn delete(&$self, request: DeleteRequest) -> Result<u64, StoreError> {
                delete(&$self.bug, $write, request).await
            }
        }
    };
}

records!(BentStore, self, self.inner.as_ref(), self.inner.as_ref());
records!(BentTx, self, self.reads().as_ref(), self.writes().as_ref());

impl BentStore {
    #[expect(clippy::unused_async, reason = "the same form as that of the transaction")]
    async fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        done
    }
}

impl BentTx {
    fn tx(&self) -> Arc<dyn StoreTx> {
        Arc::clone(&self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn outside(&self) -> Arc<dyn Records> {
        Arc::<dyn Store>::clone(&self.store)
    }

    fn reads(&self) -> Arc<dyn Records> {
        match self.bug {
            Bug::ReadsOutside | Bug::WritesThrough => self.outside(),
            _ => self.tx(),
        }
    }

    fn writes(&self) -> Arc<dyn Records> {
        match self.bug {
            Bug::WritesThrough => self.outside(),
            _ => self.tx(),
        }
    }

    async fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Bug::ConflictIsForgiven, Err(StoreError::Conflict { .. })) = (&self.bug, &done) {
            self.tx().rollback().await.ok();
            let fresh = self.store.begin().await?;
            *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        if matches!(self.bug, Bug::WritesThrough) {
            tokio::time::sleep(LATENCY).await;
        }
        done
    }
}

#[async_trait]
impl Store for BentStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        self.bug.contend(Call::Begin)?;
        let inner = self.inner.begin().await?;
        if matches!(self.bug, Bug::WritesThrough) {
            // What is written through must not wait for the transaction that it does not use.
            inner.rollback().await?;
        }
        Ok(Arc::new(BentTx { inner: Mutex::new(inner), store: Arc::clone(&self.inner), bug: self.bug.clone() }))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        self.inner.migrate(plugins).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self.inner.migrations()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

#[async_trait]
impl StoreTx for BentTx {
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.tx().touch(request).await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.bug.contend(Call::Commit)?;
        match self.bug {
            Bug::CommitForgets => self.tx().rollback().await,
            Bug::WritesThrough => Ok(()),
            Bug::CommitIsUnavailable => Err(StoreError::unavailable("gone")),
            _ => self.tx().commit().await,
        }
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        match self.bug {
            Bug::RollbackCommits => self.tx().commit().await,
            Bug::WritesThrough => Ok(()),
            _ => self.tx().rollback().await,
        }
    }
}

impl Drop for BentTx {
    fn drop(&mut self) {
        if matches!(self.bug, Bug::DropCommits) {
            let tx = self.tx();
            let commit = async move { tx.commit().await.ok() };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(commit));
        }
    }
}
