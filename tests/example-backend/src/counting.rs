//! [`Counting`]: a wrapper around any store. Metrics, tracing and injected faults have the same form.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::records::{Records, TouchRequest};
use authsome_core::store::{Store, StoreTx};

/// How often a verb was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that were answered.
    pub calls: u64,
    /// Those of them that were answered with an error.
    pub failures: u64,
}

/// A store, or a transaction of one, whose calls are counted. Each call is forwarded as it is, and so is its answer: a
/// wrapper that changed either would fail the suite that its inside passes.
pub struct Counting<R: ?Sized> {
    inner: Arc<R>,
    tallies: Arc<Mutex<BTreeMap<&'static str, Tally>>>,
}

impl<R: ?Sized> Counting<R> {
    /// A wrapper around `inner` that has counted nothing yet.
    #[must_use]
    pub fn new(inner: Arc<R>) -> Self {
        Self { inner, tallies: Arc::default() }
    }

    /// What was counted so far by verb, inside transactions too.
    #[must_use]
    pub fn tallies(&self) -> BTreeMap<&'static str, Tally> {
        self.lock().clone()
    }

    fn counted<T, E>(&self, verb: &'static str, answer: Result<T, E>) -> Result<T, E> {
        let mut tallies = self.lock();
        let tally = tallies.entry(verb).or_default();
        tally.calls += 1;
        tally.failures += u64::from(answer.is_err());
        answer
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: ?Sized> fmt::Debug for Counting<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counting").field("tallies", &self.tallies()).finish_non_exhaustive()
    }
}

forward_records! {
    impl[R: Records + ?Sized] Records for Counting<R>: |counting, verb, request| {
        counting.counted(stringify!($verb), counting.inner.$verb(request).await)
    }
}

// A method that a trait gains one day with a body of its own would go past the wrapper unnoticed: the lint notices.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: Store + ?Sized> Store for Counting<S> {
    /// The transaction is wrapped too: most writes go through one.
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        let inner = self.counted("begin", self.inner.begin().await)?;
        Ok(Arc::new(Counting { inner, tallies: Arc::clone(&self.tallies) }))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        self.counted("migrate", self.inner.migrate(plugins).await)
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self.inner.migrations()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.counted("ping", self.inner.ping().await)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.counted("close", self.inner.close().await)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreTx for Counting<dyn StoreTx> {
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.counted("touch", self.inner.touch(request).await)
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.counted("commit", self.inner.commit().await)
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        self.counted("rollback", self.inner.rollback().await)
    }
}
