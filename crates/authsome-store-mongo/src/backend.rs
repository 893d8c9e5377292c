//! [`MongoStore`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::clock::{Clock, SystemClock};
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::retry::Retry;
use authsome_core::store::{Store, StoreTx};
use authsome_migrate::Migrator;
use mongodb::bson::doc;
use mongodb::options::{DatabaseOptions, ReadConcern};
use mongodb::{Client, Database};

use crate::catalogue::Catalogue;
use crate::config::{DEFAULT_MIGRATION_TIMEOUT, DEFAULT_OPERATION_TIMEOUT, MongoBuilder, check_server};
use crate::conflict;
use crate::error::{Failure, Refusal, store_error};
use crate::operations::Operations;
use crate::transaction::{MongoTx, begin, durable, primary, run_alone};
use crate::verbs::{UpdateAll, UpdateOne, Verb};

/// How often the transaction of one verb is run before its contention is reported.
const RUNS: u32 = 100;
/// How long a verb that met another one's write waits for its turn before it runs out of turn.
const TURN_WAIT: Duration = Duration::from_secs(1);
/// The pause before its second run.
const PAUSE: Duration = Duration::from_millis(2);

/// What a store and its transactions share.
pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) catalogue: Catalogue,
    /// How long a verb may take.
    pub(crate) operation_timeout: Duration,
    /// How long a migration waits for another one.
    pub(crate) migration_timeout: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the connections end with the store.
    owns_client: bool,
    closed: AtomicBool,
    /// For verbs that run in transactions of their own.
    pub(crate) retry: Retry,
}

impl Shared {
    /// That the store is not closed.
    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(Refusal::Closed.into()) } else { Ok(()) }
    }

    /// Does something within the time that a verb may take.
    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        tokio::time::timeout(self.operation_timeout, work).await.unwrap_or_else(|_| Err(Refusal::TooLate.into()))
    }

    /// What a failure means to the caller.
    pub(crate) async fn resolve(&self, failure: Failure) -> StoreError {
        if failure.is_moved() {
            self.catalogue.forget();
        }
        match failure {
            Failure::Store(error) => error,
            Failure::Driver(error) => store_error(&error),
            Failure::Duplicate { table, index, row } => {
                conflict::first_declared(&self.database, &table.name, index, row).await
            }
        }
    }

    async fn run<V: Verb>(&self, verb: V) -> Result<V::Output, StoreError> {
        self.check_open()?;
        self.in_time(async {
            self.catalogue.check(&self.database, verb.table()).await?;
            match verb.at_once(&mut Operations::outside(self)).await {
                Ok(Some(output)) => Ok(output),
                Ok(None) => run_alone(self, &verb).await,
                Err(failure) => match self.resolve(failure).await {
                    error if error.is_transient() => run_alone(self, &verb).await,
                    error => Err(error),
                },
            }
        })
        .await
    }
}

/// Authsome on MongoDB.
pub struct MongoStore {
    pub(crate) shared: Arc<Shared>,
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore").field("database", &self.shared.database.name()).finish_non_exhaustive()
    }
}

impl MongoStore {
    /// Connects to the replica set of a URL like `mongodb://host:27017/database?replicaSet=rs0`. Without one in the URL,
    /// the database is `authsome`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the URL is none of MongoDB, or the server is not part of a replica set;
    /// [`StoreError::Unavailable`] where it cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// The same with settings.
    #[must_use]
    pub fn builder(url: &str) -> MongoBuilder {
        MongoBuilder::new(url)
    }

    /// A store on a client that the program has already. [`close`](Store::close) leaves its connections alone. Reads and
    /// writes are as strict as of any other store, whatever the client's settings; its timeouts apply.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_client(client: Client, database: &str) -> Result<Self, StoreError> {
        let store = Self::new(
            &client,
            database,
            DEFAULT_OPERATION_TIMEOUT,
            DEFAULT_MIGRATION_TIMEOUT,
            Arc::new(SystemClock),
            false,
        );
        check_server(&store.shared.database).await?;
        Ok(store)
    }

    pub(crate) fn new(
        client: &Client,
        database: &str,
        operation_timeout: Duration,
        migration_timeout: Duration,
        clock: Arc<dyn Clock>,
        owns_client: bool,
    ) -> Self {
        let mut options = DatabaseOptions::default();
        options.write_concern = Some(durable());
        options.read_concern = Some(ReadConcern::majority());
        options.selection_criteria = Some(primary());
        let shared = Shared {
            database: client.database_with_options(database, options),
            catalogue: Catalogue::default(),
            operation_timeout,
            migration_timeout,
            clock,
            owns_client,
            closed: AtomicBool::new(false),
            retry: Retry::new(RUNS, TURN_WAIT, PAUSE),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The database, for operations of one's own.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.shared.database
    }
}

forward_records! {
    impl Records for MongoStore: |store, verb, request| { store.shared.run(request).await }
    update { store.shared.run(UpdateOne(request)).await }
    update_all { store.shared.run(UpdateAll(request)).await }
}

#[async_trait]
impl Store for MongoStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        self.shared.check_open()?;
        let session = self.shared.in_time(begin(&self.shared)).await?;
        Ok(Arc::new(MongoTx::new(Arc::clone(&self.shared), session)))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        let mut groups = vec![authsome_core::registry::migrations()];
        groups.extend_from_slice(plugins);
        Migrator::new(self, &groups, &*self.shared.clock)?.up().await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.shared.check_open()?;
        let ping = async {
            let ping = self.shared.database.run_command(doc! {"ping": 1}).selection_criteria(primary());
            ping.await.map(|_| ()).map_err(|error| StoreError::unavailable(store_error(&error)))
        };
        self.shared.in_time(ping).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let was_closed = self.shared.closed.swap(true, Ordering::AcqRel);
        if self.shared.owns_client && !was_closed {
            // Transactions that somebody still holds end with the connections.
            self.shared.database.client().clone().shutdown().immediate(true).await;
        }
        Ok(())
    }
}
