//! [`Store`], [`StoreTx`] and transactions.

mod builder;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::account::AccountStore;
use crate::apikey::ApiKeyStore;
use crate::app::AppStore;
use crate::appsessionconfig::AppSessionConfigStore;
use crate::device::DeviceStore;
use crate::environment::EnvironmentStore;
use crate::error::{Error, StoreError};
use crate::formconfig::{BrandingStore, FormConfigStore};
use crate::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use crate::notification::NotificationStore;
use crate::organization::OrganizationStore;
use crate::records::{Records, TouchRequest};
use crate::retry::Retry;
use crate::session::SessionStore;
use crate::user::UserStore;
use crate::webhook::WebhookStore;

/// The 13 sub-stores. Each is implemented once, for everything that implements [`Records`].
pub trait SubStores:
    UserStore
    + SessionStore
    + AccountStore
    + AppStore
    + OrganizationStore
    + DeviceStore
    + WebhookStore
    + NotificationStore
    + ApiKeyStore
    + EnvironmentStore
    + FormConfigStore
    + BrandingStore
    + AppSessionConfigStore
{
}

impl<R: Records + ?Sized> SubStores for R {}

/// The composite store: the record verbs, the 13 sub-stores above them, transactions, and the life cycle.
///
/// A backend implements [`Records`], [`StoreTx`], [`MigrationTarget`] and this trait, and passes the conformance suite;
/// every sub-store, plugin and service then runs on it.
#[async_trait]
pub trait Store: Records + SubStores {
    /// Begins a transaction. Prefer [`Transactions::transaction`], which runs a transaction again after contention.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Aborted`].
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError>;

    /// Applies the pending migrations of core and of `plugins`, in one run. Safe to call at every start.
    ///
    /// # Errors
    /// [`MigrateError`].
    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError>;

    /// The migration side of the backend, for plans, status, verification and taking steps back.
    fn migrations(&self) -> &dyn MigrationTarget;

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Ends all connections. Calls after it fail with [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// [`StoreError`].
    async fn close(&self) -> Result<(), StoreError>;
}

/// What is taken where a store is asked for: a store, or one that is shared.
pub trait IntoStore {
    /// The store.
    fn into_store(self) -> Arc<dyn Store>;
}

impl<S: Store + 'static> IntoStore for S {
    fn into_store(self) -> Arc<dyn Store> {
        Arc::new(self)
    }
}

impl<S: Store + 'static> IntoStore for Arc<S> {
    fn into_store(self) -> Arc<dyn Store> {
        self
    }
}

impl IntoStore for Arc<dyn Store> {
    fn into_store(self) -> Arc<dyn Store> {
        self
    }
}

/// A transaction: snapshot-isolated, with all the sub-stores. Dropped without [`commit`](StoreTx::commit), it leaves
/// nothing.
///
/// # Contract
/// - Reads see the state at its begin and its own writes; others see none of its writes before the commit, and all of
///   them after it.
/// - An error of a verb other than `NotFound`, `Invalid` and `Corrupt` ends it: every later call, `commit` included,
///   answers [`StoreError::Aborted`]. So does any call after `commit` or `rollback`.
#[async_trait]
pub trait StoreTx: Records + SubStores {
    /// Writes the row without changing it, and says whether it exists.
    ///
    /// # Errors
    /// [`StoreError::Aborted`] if another transaction wrote it.
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError>;

    /// Makes all its writes visible and durable at once.
    ///
    /// # Errors
    /// [`StoreError::Aborted`] if it had ended or met another transaction's writes; none of its writes exist then.
    async fn commit(&self) -> Result<(), StoreError>;

    /// Discards its writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn rollback(&self) -> Result<(), StoreError>;
}

/// An error that says whether a transaction can be run again.
pub trait MaybeTransient {
    /// Whether the same transaction, run again, may succeed.
    fn is_transient(&self) -> bool;
}

impl MaybeTransient for StoreError {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }
}

impl MaybeTransient for Error {
    fn is_transient(&self) -> bool {
        self.store_error().is_some_and(StoreError::is_transient)
    }
}

/// How often a transaction is run before its contention is reported.
pub const MAX_ATTEMPTS: u32 = 20;

/// For all transactions of the process.
static RETRY: Retry = Retry::new(MAX_ATTEMPTS, Duration::from_secs(5), Duration::from_millis(5));

/// Runs closures in transactions.
pub trait Transactions: Store {
    /// Runs `work` in a transaction and commits it; an error of `work` rolls it back.
    ///
    /// After contention, `work` runs again from the start, at most [`MAX_ATTEMPTS`] times. It waits for its turn among
    /// the failed transactions of this process, at most 5 s, and for a pause that grows from 5 ms and is spread at
    /// random. So
    /// `work` must be repeatable.
    ///
    /// # Errors
    /// Those of `work`; [`StoreError::Aborted`] if the last run met contention too; [`StoreError::Unavailable`].
    fn transaction<T, E, F, Fut>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send,
        E: From<StoreError> + MaybeTransient + Send,
        F: Fn(Arc<dyn StoreTx>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        async move { RETRY.run(E::is_transient, || attempt_once(self, &work)).await }
    }
}

impl<S: Store + ?Sized> Transactions for S {}

async fn attempt_once<S, T, E, F, Fut>(store: &S, work: &F) -> Result<T, E>
where
    S: Store + ?Sized,
    E: From<StoreError>,
    F: Fn(Arc<dyn StoreTx>) -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let tx = store.begin().await?;
    match work(Arc::clone(&tx)).await {
        Ok(value) => {
            tx.commit().await?;
            Ok(value)
        }
        Err(error) => {
            // The work's own error matters more than a failed rollback, which discards the writes too.
            if let Err(rollback) = tx.rollback().await {
                tracing::debug!(error = %rollback, "rollback failed");
            }
            Err(error)
        }
    }
}
