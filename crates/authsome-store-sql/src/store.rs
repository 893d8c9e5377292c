//! [`SqlStore`]: the verbs, transactions and the life cycle over a connection pool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::clock::Clock;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport};
use authsome_core::records::{DeleteRequest, FindRequest, UpdateRequest};
use authsome_core::retry::Retry;
use authsome_core::store::StoreTx;
use sea_orm::{DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr, Statement};

use crate::dialect::{Dialect, Fault};
use crate::error::{Failure, in_time, store_error};
use crate::statement::Statements;
use crate::transaction::{SqlTx, begin, roll_back};
use crate::verb::{Session, UpdateAll, UpdateOne, Verb, complete};

/// What a [`SqlStore`] works with.
#[derive(Debug)]
pub struct Connections {
    /// Where writes and transactions happen.
    pub writer: DatabaseConnection,
    /// Where reads outside of transactions happen; may be a clone of the writer.
    pub reader: DatabaseConnection,
}

/// How often a statement runs that others' locks made fail.
const RUNS: u32 = 10;
/// How long such a statement waits for its turn before it runs out of turn.
const TURN_WAIT: Duration = Duration::from_secs(1);
/// The pause before its second run.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a [`SqlStore`] waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For another process that migrates.
    pub migration: Duration,
    /// For open transactions when the store is closed.
    pub close: Duration,
    /// For the answer to a verb; `None` if the database cannot be cut off. Migrations have no limit.
    pub answer: Option<Duration>,
}

/// Everything of a store that SQL backends share. A backend wraps one and forwards to it.
pub struct SqlStore {
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    clock: Arc<dyn Clock>,
    pub(crate) patience: Patience,
    /// For single statements.
    retry: Retry,
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl SqlStore {
    /// A store that speaks `dialect` over the connections.
    #[must_use]
    pub fn new(dialect: impl Dialect, connections: Connections, clock: Arc<dyn Clock>, patience: Patience) -> Self {
        let Connections { writer, reader } = connections;
        let retry = Retry::new(RUNS, TURN_WAIT, PAUSE);
        Self { dialect: Arc::new(dialect), writer, reader, clock, patience, retry }
    }

    /// The connection on which writes happen.
    #[must_use]
    pub const fn connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// The connection on which reads outside of transactions happen.
    #[must_use]
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The statement that finds the rows of a request, for a look at its plan.
    #[must_use]
    pub fn find_statement(&self, request: &FindRequest) -> Statement {
        self.dialect.backend().build(&Statements(&*self.dialect).find(request))
    }

    /// The statement that deletes the rows of a request, for a look at its plan.
    #[must_use]
    pub fn delete_statement(&self, request: &DeleteRequest) -> Statement {
        self.dialect.backend().build(&Statements(&*self.dialect).delete(request))
    }

    /// The statement that changes the row of a request, for a look at its plan.
    #[must_use]
    pub fn update_statement(&self, request: &UpdateRequest) -> Statement {
        self.dialect.backend().build(&Statements(&*self.dialect).update_returning(request))
    }

    /// See [`Store::begin`](authsome_core::store::Store::begin).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Aborted`].
    pub async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        let limit = self.dialect.begin_limit().or(self.patience.answer);
        let transaction = in_time(limit, self.begin_transaction()).await?;
        Ok(Arc::new(SqlTx::new(Arc::clone(&self.dialect), transaction, self.patience.answer)))
    }

    /// See [`Store::migrate`](authsome_core::store::Store::migrate).
    ///
    /// # Errors
    /// [`MigrateError`].
    pub async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        self.ping().await?;
        authsome_migrate::up(self, plugins, &*self.clock).await
    }

    /// See [`Store::ping`](authsome_core::store::Store::ping).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Invalid`] if a setting of the database must be changed.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let reader = DatabaseExecutor::from(&self.reader);
        in_time(self.patience.answer, self.dialect.ping(&reader)).await
    }

    /// See [`Store::close`](authsome_core::store::Store::close). Waits for open transactions, bounded; a transaction
    /// that outlasts it can still commit.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close(&self) -> Result<(), StoreError> {
        let close = async {
            self.reader.close_by_ref().await?;
            self.writer.close_by_ref().await
        };
        match tokio::time::timeout(self.patience.close, close).await {
            Ok(closed) => closed.map_err(|error| self.error(error)),
            // The pools are closed at once; connections in use are closed when they come back.
            Err(_elapsed) => Ok(()),
        }
    }

    pub(crate) fn error(&self, error: DbErr) -> StoreError {
        store_error(&*self.dialect, error)
    }

    pub(crate) async fn begin_transaction(&self) -> Result<DatabaseTransaction, StoreError> {
        let begun = async {
            let transaction = begin(&self.writer, &self.dialect).await?;
            self.dialect.begun(&transaction).await?;
            Ok(transaction)
        };
        begun.await.map_err(|error| self.without_a_turn(self.error(error)))
    }

    /// Where one writes at a time, who met another one has waited as long as it is told to: to try again would be to
    /// wait again.
    fn without_a_turn(&self, error: StoreError) -> StoreError {
        if self.dialect.has_one_writer() && error.is_transient() {
            StoreError::unavailable("another writer held the database for too long")
        } else {
            error
        }
    }

    /// Whether it is a deadlock, which one of the statements ends: it has left nothing.
    fn may_run_again(&self, failure: &Failure) -> bool {
        let Failure::Database(error) = failure else { return false };
        !self.dialect.has_one_writer() && self.dialect.classify(error) == Fault::Contention
    }

    async fn read<V: Verb>(&self, verb: &V) -> Result<V::Output, StoreError> {
        let read = async {
            let session = Session::new(&*self.dialect, &self.reader);
            verb.run(&session).await.map_err(|failure| failure.into_store_error(&*self.dialect))
        };
        in_time(self.patience.answer, read).await
    }

    /// One statement is atomic by itself. Where it broke a constraint, which one is found out in a transaction.
    async fn write<V: Verb>(&self, verb: &V) -> Result<V::Output, StoreError> {
        let written = async {
            let run = || async { verb.run(&Session::new(&*self.dialect, &self.writer)).await };
            let error = match self.retry.run(|failure| self.may_run_again(failure), run).await {
                Ok(output) => return Ok(output),
                Err(Failure::Store(error)) => return Err(error),
                Err(Failure::Database(error)) => error,
            };
            let fault = self.dialect.classify(&error);
            if fault.is_nameless() {
                self.write_again(verb).await
            } else if fault.is_broken_constraint() {
                Err(self.first_declared(verb, fault, error).await)
            } else {
                Err(self.without_a_turn(self.error(error)))
            }
        };
        in_time(self.patience.answer, written).await
    }

    /// What a statement broke. Its error names one of several; what is found here counts, unless the rows have changed
    /// in the meantime.
    async fn first_declared<V: Verb>(&self, verb: &V, fault: Fault, error: DbErr) -> StoreError {
        let found = async {
            let transaction = self.begin_transaction().await?;
            let session = Session::new(&*self.dialect, &transaction);
            let found = verb.blame(&session, &fault).await;
            roll_back(transaction).await;
            found.map_err(|failure| failure.into_store_error(&*self.dialect))
        };
        match (found.await, fault) {
            (Ok(Some(constraint)), Fault::Reference(_)) => StoreError::Reference { constraint },
            (Ok(Some(constraint)), _) => StoreError::Conflict { constraint },
            (Ok(None) | Err(_), _) => self.error(error),
        }
    }

    /// Runs a statement again that broke a constraint, in a transaction in which it can be found out which one.
    async fn write_again<V: Verb>(&self, verb: &V) -> Result<V::Output, StoreError> {
        let transaction = self.begin_transaction().await?;
        match complete(verb, &Session::new(&*self.dialect, &transaction)).await {
            Ok(output) => {
                transaction.commit().await.map_err(|error| self.error(error))?;
                Ok(output)
            }
            Err(error) => {
                roll_back(transaction).await;
                Err(error)
            }
        }
    }
}

forward_records! {
    impl Records for SqlStore: |store, verb, request| { store.write(&request).await }
    find { store.read(&request).await }
    count { store.read(&request).await }
    update { store.write(&UpdateOne(request)).await }
    update_all { store.write(&UpdateAll(request)).await }
}

/// Makes a store of a type whose field `sql` is a [`SqlStore`]. Its `Debug` shows nothing.
#[macro_export]
macro_rules! sql_backend {
    ($store:ty) => {
        const _: () = {
            use ::authsome_core::error::StoreError;
            use ::authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
            use ::authsome_core::store::{Store, StoreTx};

            ::authsome_core::forward_records! {
                impl Records for $store: |store, verb, request| { store.sql.$verb(request).await }
            }

            impl ::std::fmt::Debug for $store {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.debug_struct(stringify!($store)).finish_non_exhaustive()
                }
            }

            impl $store {
                /// What it shares with other SQL backends, for a look at the statements of requests.
                #[must_use]
                pub const fn sql(&self) -> &$crate::SqlStore {
                    &self.sql
                }
            }

            #[::authsome_core::records::async_trait]
            impl Store for $store {
                async fn begin(&self) -> Result<::std::sync::Arc<dyn StoreTx>, StoreError> {
                    self.sql.begin().await
                }

                async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
                    self.sql.migrate(plugins).await
                }

                fn migrations(&self) -> &dyn MigrationTarget {
                    &self.sql
                }

                async fn ping(&self) -> Result<(), StoreError> {
                    self.sql.ping().await
                }

                async fn close(&self) -> Result<(), StoreError> {
                    self.sql.close().await
                }
            }
        };
    };
}
