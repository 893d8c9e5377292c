//! The migration side of a SQL backend, with its history in the table `authsome_migrations`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{
    AppliedStep, Dialect as DialectName, LiveTable, MigrateError, MigrationSession, MigrationTarget, RunBy, Step,
};
use sea_orm::{DatabaseConnection, DatabaseExecutor, DatabaseTransaction, IntoDatabaseExecutor};
use sea_orm_migration::SchemaManager;

use crate::dialect::Dialect;
use crate::error::store_error;
use crate::history;
use crate::schema::statements;
use crate::steps::{Lock, Run, Work};
use crate::store::SqlStore;
use crate::transaction::{begin, roll_back};
use crate::verb::Session;

/// How long a run that found the lock taken sleeps before it tries again.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

#[async_trait]
impl MigrationTarget for SqlStore {
    fn dialect(&self) -> DialectName {
        self.dialect.name()
    }

    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        statements(&*self.dialect, step)
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        history_of(&*self.dialect, &self.reader).await
    }

    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
        self.ping().await?;
        let locked = tokio::time::timeout(self.patience.migration, async {
            loop {
                match self.try_begin().await {
                    Ok(Some(transaction)) => return Ok(transaction),
                    Ok(None) => {}
                    Err(error) if error.is_transient() => {}
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
        });
        let lock = locked.await.map_err(|_elapsed| MigrateError::Locked)??;
        let steps = if self.dialect.has_one_writer() { Steps::InTheLock } else { Steps::Beside(self.writer.clone()) };
        let answer = self.patience.answer;
        Ok(Box::new(SqlMigration { dialect: Arc::clone(&self.dialect), lock: Some(lock), steps, answer }))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        let executor = DatabaseExecutor::from(&self.reader);
        Ok(self.dialect.introspect(&executor, tables).await.map_err(|error| self.error(error))?)
    }
}

impl SqlStore {
    async fn try_begin(&self) -> Result<Option<DatabaseTransaction>, StoreError> {
        let begun = begin(&self.writer, &self.dialect).await;
        let transaction = begun.map_err(|error| self.error(error))?;
        match self.dialect.try_lock(&transaction).await {
            Ok(true) => Ok(Some(transaction)),
            Ok(false) => {
                roll_back(transaction).await;
                Ok(None)
            }
            Err(error) => Err(self.error(error)),
        }
    }
}

/// A run that holds the lock. What fails ends it with nothing left of the steps that were under way.
#[derive(Debug)]
struct SqlMigration {
    dialect: Arc<dyn Dialect>,
    /// Open from its begin to `finish`.
    lock: Option<DatabaseTransaction>,
    steps: Steps,
    /// How long the one that holds the lock may take to say that it still does.
    answer: Option<Duration>,
}

/// Where steps are carried out.
#[derive(Debug)]
enum Steps {
    /// In the transaction that holds the lock, which is the only one that can write.
    InTheLock,
    /// In transactions of their own, so that what was achieved stays, and no table is locked for longer than its step
    /// takes. The one that holds the lock touches no table.
    Beside(DatabaseConnection),
}

impl SqlMigration {
    /// Does the work. If it fails, or is dropped in the middle, the lock is gone.
    async fn run(&mut self, work: Work<'_>) -> Result<(), MigrateError> {
        let lock = self.lock.take().ok_or(StoreError::ended())?;
        let done = match &self.steps {
            Steps::InTheLock => Run::new(&*self.dialect, &lock, None).all(work).await,
            Steps::Beside(connection) => self.beside(connection, &lock, work).await,
        };
        match done {
            Ok(()) => self.lock = Some(lock),
            Err(_) => roll_back(lock).await,
        }
        done
    }

    async fn beside(
        &self,
        connection: &DatabaseConnection,
        lock: &DatabaseTransaction,
        work: Work<'_>,
    ) -> Result<(), MigrateError> {
        let dialect = &*self.dialect;
        let fault = |error| store_error(dialect, error);
        let transaction = begin(connection, &self.dialect).await.map_err(fault)?;
        let done = match dialect.begun_steps(&transaction).await {
            Ok(()) => {
                Run::new(dialect, &transaction, Some(Lock { held_by: lock, answer: self.answer })).all(work).await
            }
            Err(error) => Err(fault(error).into()),
        };
        match done {
            Ok(()) => transaction.commit().await.map_err(fault)?,
            Err(_) => roll_back(transaction).await,
        }
        done
    }
}

#[async_trait]
impl MigrationSession for SqlMigration {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        let lock = self.lock.take().ok_or(StoreError::ended())?;
        let found = history_of(&*self.dialect, &lock).await;
        match found {
            Ok(_) => self.lock = Some(lock),
            Err(_) => roll_back(lock).await,
        }
        Ok(found?.unwrap_or_default())
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.run(Work::Apply(steps, run)).await
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        self.run(Work::Revert(steps)).await
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.run(Work::Record(steps, run)).await
    }

    async fn finish(mut self: Box<Self>) -> Result<(), MigrateError> {
        let lock = self.lock.take().ok_or(StoreError::ended())?;
        Ok(lock.commit().await.map_err(|error| store_error(&*self.dialect, error))?)
    }
}

/// The rows of the history, oldest first; `None` without a history table.
async fn history_of<'c>(
    dialect: &'c dyn Dialect,
    connection: impl IntoDatabaseExecutor<'c> + Copy,
) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
    let is_there = SchemaManager::new(connection).has_table(history::name()).await;
    if !is_there.map_err(|error| store_error(dialect, error))? {
        return Ok(None);
    }
    let read = history::read(&Session::new(dialect, connection.into_database_executor())).await;
    Ok(Some(read.map_err(|failure| failure.into_store_error(dialect))?))
}
