//! The migration side of a SQL backend: a run is one transaction, with its history in the table
//! `authsome_migrations`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{
    AppliedStep, Dialect as DialectName, LiveTable, MigrateError, MigrationSession, MigrationTarget, RunBy, Step,
};
use sea_orm::{DatabaseExecutor, DatabaseTransaction, TransactionTrait};
use sea_orm_migration::SchemaManager;

use crate::dialect::Dialect;
use crate::error::store_error;
use crate::history;
use crate::schema::statements;
use crate::store::SqlStore;
use crate::transaction::roll_back;
use crate::verb::Session;

/// How long a run that found the lock taken sleeps before it tries again.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

#[async_trait]
impl MigrationTarget for SqlStore {
    fn dialect(&self) -> DialectName {
        self.dialect.name()
    }

    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        let backend = self.dialect.backend();
        Ok(statements(&*self.dialect, step)?.iter().map(|statement| statement.to_sql(backend)).collect())
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        let manager = SchemaManager::new(&self.reader);
        if !manager.has_table(history::TABLE).await.map_err(|error| self.error(error))? {
            return Ok(None);
        }
        read_history(&Session::new(&*self.dialect, &self.reader)).await.map(Some)
    }

    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
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
        let transaction = locked.await.map_err(|_elapsed| MigrateError::Locked)??;
        let manager = SchemaManager::new(&transaction);
        manager.create_table(history::create(&*self.dialect)).await.map_err(|error| self.error(error))?;
        Ok(Box::new(SqlMigration { dialect: Arc::clone(&self.dialect), open: Some(transaction) }))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        let executor = DatabaseExecutor::from(&self.reader);
        Ok(self.dialect.introspect(&executor, tables).await.map_err(|error| self.error(error))?)
    }
}

impl SqlStore {
    async fn try_begin(&self) -> Result<Option<DatabaseTransaction>, StoreError> {
        let begun = self.writer.begin_with_options(self.dialect.migration_options()).await;
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

/// A run that holds the lock: one transaction from its begin to `finish`. Whatever fails ends it with nothing left of
/// the run.
#[derive(Debug)]
struct SqlMigration {
    dialect: Arc<dyn Dialect>,
    open: Option<DatabaseTransaction>,
}

impl SqlMigration {
    /// The transaction, taken out for the time of a verb: if the verb fails or is dropped in the middle, it is gone.
    fn take(&mut self) -> Result<DatabaseTransaction, StoreError> {
        self.open.take().ok_or(StoreError::ended())
    }

    async fn keep<T>(
        &mut self,
        transaction: DatabaseTransaction,
        outcome: Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        match &outcome {
            Ok(_) => self.open = Some(transaction),
            Err(_) => roll_back(transaction).await,
        }
        outcome
    }
}

#[async_trait]
impl MigrationSession for SqlMigration {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        let transaction = self.take()?;
        let outcome = read_history(&Session::new(&*self.dialect, &transaction)).await;
        self.keep(transaction, outcome).await
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        let transaction = self.take()?;
        let outcome = apply(&Session::new(&*self.dialect, &transaction), &transaction, steps, run).await;
        self.keep(transaction, outcome).await
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        let transaction = self.take()?;
        let outcome = revert(&Session::new(&*self.dialect, &transaction), &transaction, steps).await;
        self.keep(transaction, outcome).await
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        let transaction = self.take()?;
        let outcome = record(&Session::new(&*self.dialect, &transaction), steps, run).await;
        self.keep(transaction, outcome).await
    }

    async fn finish(mut self: Box<Self>) -> Result<(), MigrateError> {
        let committed = self.take()?.commit().await;
        Ok(committed.map_err(|error| store_error(&*self.dialect, error))?)
    }
}

async fn read_history(session: &Session<'_>) -> Result<Vec<AppliedStep>, MigrateError> {
    Ok(history::read(session).await.map_err(|failure| failure.into_store_error(session.dialect))?)
}

async fn apply(
    session: &Session<'_>,
    transaction: &DatabaseTransaction,
    steps: &[Step],
    run: &RunBy<'_>,
) -> Result<(), MigrateError> {
    for step in steps {
        let begun = run.clock.now();
        carry_out(session, transaction, step).await?;
        write_history(session, step, run, run.clock.now().since(begun)).await?;
    }
    Ok(())
}

async fn revert(session: &Session<'_>, transaction: &DatabaseTransaction, steps: &[Step]) -> Result<(), MigrateError> {
    for step in steps {
        carry_out(session, transaction, step).await?;
        let deleted = session.execute(&history::delete(step)).await;
        deleted.map_err(|failure| failure.into_store_error(session.dialect))?;
    }
    Ok(())
}

async fn record(session: &Session<'_>, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
    for step in steps {
        write_history(session, step, run, Duration::ZERO).await?;
    }
    Ok(())
}

async fn carry_out(session: &Session<'_>, transaction: &DatabaseTransaction, step: &Step) -> Result<(), MigrateError> {
    let manager = SchemaManager::new(transaction);
    for statement in statements(session.dialect, step)? {
        statement.run(&manager).await.map_err(|error| store_error(session.dialect, error))?;
    }
    Ok(())
}

async fn write_history(
    session: &Session<'_>,
    step: &Step,
    run: &RunBy<'_>,
    took: Duration,
) -> Result<(), MigrateError> {
    let written = async {
        let insert = history::insert(session.dialect, step, run, took)?;
        session.execute(&insert).await
    };
    written.await.map_err(|failure| failure.into_store_error(session.dialect))?;
    Ok(())
}
