//! [`SqlTx`]: a transaction with all the verbs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::records::TouchRequest;
use authsome_core::store::StoreTx;
use sea_orm::{ConnAcquireErr, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::sync::Mutex;

use crate::dialect::Dialect;
use crate::error::{in_time, store_error};
use crate::verb::{Session, UpdateAll, UpdateOne, Verb, complete};

/// A transaction. Dropped without a commit, it rolls back.
#[derive(Debug)]
pub struct SqlTx {
    dialect: Arc<dyn Dialect>,
    /// `None` once it has ended.
    open: Mutex<Option<DatabaseTransaction>>,
    /// How long a verb may take.
    answer: Option<Duration>,
}

impl SqlTx {
    pub(crate) fn new(dialect: Arc<dyn Dialect>, transaction: DatabaseTransaction, answer: Option<Duration>) -> Self {
        Self { dialect, open: Mutex::new(Some(transaction)), answer }
    }

    async fn run<V: Verb>(&self, verb: V) -> Result<V::Output, StoreError> {
        let mut open = self.open.lock().await;
        // Taken out while it works: if the caller stops waiting in the middle, it is dropped and so rolled back.
        let transaction = open.take().ok_or(StoreError::ended())?;
        let session = Session::new(&*self.dialect, &transaction);
        let outcome = in_time(self.answer, complete(&verb, &session)).await;
        match &outcome {
            // Nobody waits for the rollback on a connection that may not answer.
            Err(StoreError::Unavailable { .. }) if self.answer.is_some() => drop(transaction),
            Err(error) if error.ends_transaction() => {
                let rolled_back = async {
                    roll_back(transaction).await;
                    Ok(())
                };
                // If it takes too long, it is dropped, which rolls back as well.
                let _ = in_time(self.answer, rolled_back).await;
            }
            _ => *open = Some(transaction),
        }
        outcome
    }

    async fn end(&self) -> Result<DatabaseTransaction, StoreError> {
        self.open.lock().await.take().ok_or(StoreError::ended())
    }
}

/// Begins a transaction, also where the caller stops waiting in the middle: the driver would not know the transaction
/// yet, and the connection would go back to the pool with it.
pub(crate) async fn begin(
    connection: &DatabaseConnection,
    dialect: &Arc<dyn Dialect>,
) -> Result<DatabaseTransaction, DbErr> {
    let (connection, dialect) = (connection.clone(), Arc::clone(dialect));
    let begun = tokio::spawn(async move {
        let mut begin = connection.begin_with_options(dialect.begin_options());
        let Some(limit) = dialect.begin_limit() else { return begin.await };
        match tokio::time::timeout(limit, &mut begin).await {
            Ok(begun) => begun,
            // A network that swallows packets would keep the connection, and so in the end the whole pool.
            Err(_elapsed) if dialect.retire_connections() => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            Err(_elapsed) => begin.await,
        }
    })
    .await;
    begun.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())))
}

/// Rolls back where something else went wrong that matters more than a failing rollback, which leaves nothing either.
pub(crate) async fn roll_back(transaction: DatabaseTransaction) {
    if let Err(error) = transaction.rollback().await {
        tracing::debug!(%error, "rollback failed");
    }
}

forward_records! {
    impl Records for SqlTx: |tx, verb, request| { tx.run(request).await }
    update { tx.run(UpdateOne(request)).await }
    update_all { tx.run(UpdateAll(request)).await }
}

#[async_trait]
impl StoreTx for SqlTx {
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.run(request).await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        let transaction = self.end().await?;
        let committed = async { transaction.commit().await.map_err(|error| store_error(&*self.dialect, error)) };
        in_time(self.answer, committed).await
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        let transaction = self.end().await?;
        let rolled_back = async { transaction.rollback().await.map_err(|error| store_error(&*self.dialect, error)) };
        in_time(self.answer, rolled_back).await
    }
}
