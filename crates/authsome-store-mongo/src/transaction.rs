//! Transactions: [`MongoTx`], which a caller holds, and those that one verb runs in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::records::TouchRequest;
use authsome_core::schema::TableDef;
use authsome_core::store::StoreTx;
use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::ReadConcern;
use tokio::sync::Mutex;

use crate::concern::{durable, primary};
use crate::error::{described, store_error};
use crate::operations::{Find, Operations};
use crate::shared::Shared;
use crate::verbs::{UpdateAll, UpdateOne, Verb};

/// The collection of the lease that migrations run under.
pub(crate) const LEASE: &str = "authsome_migration_lock";
/// The `_id` of its one document.
pub(crate) const LEASE_ID: &str = "run";
/// The field of it that counts the changes of the catalogue and the history.
pub(crate) const GENERATION: &str = "steps";
/// How often a commit is sent until its outcome is known.
const COMMITS: u32 = 5;
/// How long to wait before it is sent again.
const COMMIT_PAUSE: Duration = Duration::from_millis(100);

/// A session with a transaction in it. The server begins one with its first operation, so that it does a small one:
/// reads then see the state at the begin, and the driver knows that it has something to abort. It reads which
/// generation of the tables the transaction sees.
pub(crate) async fn begin(shared: &Shared) -> Result<ClientSession, StoreError> {
    let session = async {
        let mut session = shared.database.client().start_session().await?;
        let begun = session.start_transaction().read_concern(ReadConcern::snapshot());
        begun.write_concern(durable()).selection_criteria(primary()).await?;
        let generation = generation(&mut shared.operations().inside(&mut session)).await?;
        shared.catalogue.keep_generation(generation);
        Ok::<_, mongodb::error::Error>(session)
    };
    session.await.map_err(|error| store_error(&error))
}

/// Which generation of the tables a transaction sees.
async fn generation(operations: &mut Operations<'_>) -> Result<i64, mongodb::error::Error> {
    let wanted = Find { fields: Some(doc! {GENERATION: 1}), ..Find::default() };
    let found = operations.find(LEASE, doc! {"_id": LEASE_ID}, wanted.limit(1)).await?;
    Ok(found.first().and_then(|found| found.get_i64(GENERATION).ok()).unwrap_or(0))
}

/// Commits. A commit with an unknown outcome is sent again: the server does it once.
pub(crate) async fn commit(session: &mut ClientSession) -> Result<(), StoreError> {
    let mut sent = 1;
    loop {
        match session.commit_transaction().await {
            Ok(()) => return Ok(()),
            Err(error) if sent < COMMITS && error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                tokio::time::sleep(COMMIT_PAUSE).await;
                sent += 1;
            }
            // Without this label it may have been done, whatever else the error says.
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => return Err(store_error(&error)),
            Err(error) => return Err(StoreError::unavailable(described(&error))),
        }
    }
}

/// Rolls back where something else went wrong that matters more than a failing rollback, which leaves nothing either.
async fn abort(mut session: ClientSession) {
    if let Err(error) = session.abort_transaction().await {
        tracing::debug!(error = %store_error(&error), "rollback failed");
    }
}

/// Runs a verb in a transaction of its own, again and again while others' writes make it fail.
pub(crate) async fn run_alone<V: Verb>(shared: &Shared, table: &TableDef, verb: &V) -> Result<V::Output, StoreError> {
    shared.retry.run(StoreError::is_transient, || run_once(shared, table, verb)).await
}

async fn run_once<V: Verb>(shared: &Shared, table: &TableDef, verb: &V) -> Result<V::Output, StoreError> {
    let mut session = begin(shared).await?;
    match run_in(&mut session, shared, table, verb).await {
        Ok(output) => commit(&mut session).await.map(|()| output),
        Err(error) => {
            if !matches!(error, StoreError::Unavailable { .. }) {
                abort(session).await;
            }
            Err(error)
        }
    }
}

async fn run_in<V: Verb>(
    session: &mut ClientSession,
    shared: &Shared,
    table: &TableDef,
    verb: &V,
) -> Result<V::Output, StoreError> {
    shared.catalogue.check(&shared.database, table).await?;
    match verb.run(&mut shared.operations().inside(session)).await {
        Ok(output) => Ok(output),
        Err(failure) => Err(shared.resolve(failure).await),
    }
}

/// A transaction. Dropped without a commit, it rolls back.
pub(crate) struct MongoTx {
    shared: Arc<Shared>,
    /// `None` once it has ended.
    open: Mutex<Option<ClientSession>>,
}

impl MongoTx {
    pub(crate) fn new(shared: Arc<Shared>, session: ClientSession) -> Self {
        Self { shared, open: Mutex::new(Some(session)) }
    }

    async fn run<V: Verb>(&self, table: &TableDef, verb: V) -> Result<V::Output, StoreError> {
        let mut open = self.open.lock().await;
        // Taken out while it works: if the caller stops waiting in the middle, it is dropped and so rolled back.
        let mut session = open.take().ok_or(StoreError::ended())?;
        let outcome = self.shared.in_time(run_in(&mut session, &self.shared, table, &verb)).await;
        match &outcome {
            // Nobody waits for the rollback on a connection that does not answer.
            Err(StoreError::Unavailable { .. }) => drop(session),
            Err(error) if error.ends_transaction() => abort(session).await,
            _ => *open = Some(session),
        }
        outcome
    }

    async fn end(&self) -> Result<ClientSession, StoreError> {
        self.open.lock().await.take().ok_or(StoreError::ended())
    }
}

forward_records! {
    impl Records for MongoTx: |tx, verb, request| { tx.run(request.table(), request).await }
    update { tx.run(request.table(), UpdateOne(request)).await }
    update_all { tx.run(request.table(), UpdateAll(request)).await }
}

#[async_trait]
impl StoreTx for MongoTx {
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.run(request.table(), request).await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        let mut session = self.end().await?;
        self.shared.in_time(commit(&mut session)).await
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        let mut session = self.end().await?;
        let rolled_back = async { session.abort_transaction().await.map_err(|error| store_error(&error)) };
        self.shared.in_time(rolled_back).await
    }
}
