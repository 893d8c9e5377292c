//! [`Shared`]: what a store and its transactions share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::retry::Retry;
use mongodb::options::{DatabaseOptions, ReadConcern};
use mongodb::{Client, Database};

use crate::catalogue::Catalogue;
use crate::concern::{durable, primary};
use crate::conflict;
use crate::error::{Failure, Refusal, store_error};
use crate::operations::Operations;
use crate::settings::MongoBuilder;

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
    pub(crate) settings: MongoBuilder,
    /// Whether the connections end with the store.
    owns_client: bool,
    closed: AtomicBool,
    /// For verbs that run in transactions of their own.
    pub(crate) retry: Retry,
}

impl Shared {
    pub(crate) fn new(client: &Client, database: &str, settings: MongoBuilder, owns_client: bool) -> Self {
        let mut options = DatabaseOptions::default();
        options.write_concern = Some(durable());
        options.read_concern = Some(ReadConcern::majority());
        options.selection_criteria = Some(primary());
        Self {
            database: client.database_with_options(database, options),
            catalogue: Catalogue::default(),
            settings,
            owns_client,
            closed: AtomicBool::new(false),
            retry: Retry::new(RUNS, TURN_WAIT, PAUSE),
        }
    }

    /// Ends the connections, if they are the store's own.
    pub(crate) async fn close(&self) {
        let was_closed = self.closed.swap(true, Ordering::AcqRel);
        if self.owns_client && !was_closed {
            // Transactions that somebody still holds end with the connections.
            self.database.client().clone().shutdown().immediate(true).await;
        }
    }

    /// The database's operations, outside of transactions.
    pub(crate) const fn operations(&self) -> Operations<'_> {
        Operations::outside(&self.database, &self.catalogue)
    }

    /// That the store is not closed.
    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(Refusal::Closed.into()) } else { Ok(()) }
    }

    /// Does something within the time that a verb may take.
    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        tokio::time::timeout(self.settings.operation_timeout, work)
            .await
            .unwrap_or_else(|_| Err(Refusal::TooLate.into()))
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
}
