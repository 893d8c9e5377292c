//! The steps of a migration run in the transaction in which they are carried out.

use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::migration::{MigrateError, RunBy, Step};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use sea_orm_migration::SchemaManager;

use crate::dialect::Dialect;
use crate::error::{in_time, store_error};
use crate::history;
use crate::schema::statements;
use crate::verb::Session;

/// What is to be done.
#[derive(Clone, Copy)]
pub(crate) enum Work<'w> {
    Apply(&'w [Step], &'w RunBy<'w>),
    Revert(&'w [Step]),
    Record(&'w [Step], &'w RunBy<'w>),
}

/// The lock of a run, if another transaction than that of the steps holds it.
#[derive(Clone, Copy)]
pub(crate) struct Lock<'l> {
    pub(crate) held_by: &'l DatabaseTransaction,
    /// How long that one may take to answer.
    pub(crate) answer: Option<Duration>,
}

impl Lock<'_> {
    /// That the run still has it: a lock goes with its transaction, which does not answer once it is over. What was
    /// done without it must not be committed. Should it be lost after the last look, the history refuses the second of
    /// two runs: a step has one row, and to take it back is to delete it.
    async fn check(self) -> Result<(), MigrateError> {
        let mut select = Query::select();
        select.expr(Expr::cust("1"));
        let asked = async { self.held_by.query_all(&select).await.map_err(StoreError::unavailable) };
        match in_time(self.answer, asked).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = ?error, "the migration lock was lost");
                Err(MigrateError::LockLost)
            }
        }
    }
}

/// Steps under way.
pub(crate) struct Run<'r> {
    session: Session<'r>,
    transaction: &'r DatabaseTransaction,
    /// `None` where this transaction holds it.
    lock: Option<Lock<'r>>,
}

impl<'r> Run<'r> {
    pub(crate) fn new(dialect: &'r dyn Dialect, transaction: &'r DatabaseTransaction, lock: Option<Lock<'r>>) -> Self {
        Self { session: Session::new(dialect, transaction), transaction, lock }
    }

    /// Does it all.
    pub(crate) async fn all(&self, work: Work<'_>) -> Result<(), MigrateError> {
        self.make_history().await?;
        match work {
            Work::Apply(steps, run) => {
                for step in steps {
                    let begun = run.clock.now();
                    self.carry_out(step).await?;
                    self.write_history(step, run, run.clock.now().since(begun)).await?;
                }
            }
            Work::Revert(steps) => {
                for step in steps {
                    self.carry_out(step).await?;
                    self.delete_history(step).await?;
                }
            }
            Work::Record(steps, run) => {
                for step in steps {
                    self.write_history(step, run, Duration::ZERO).await?;
                }
            }
        }
        Ok(())
    }

    async fn make_history(&self) -> Result<(), MigrateError> {
        let manager = SchemaManager::new(self.transaction);
        let made = async {
            if !manager.has_table(history::name()).await? {
                manager.create_table(history::create(self.session.dialect)).await?;
            }
            Ok(())
        };
        Ok(made.await.map_err(|error| store_error(self.session.dialect, error))?)
    }

    async fn carry_out(&self, step: &Step) -> Result<(), MigrateError> {
        self.check_lock().await?;
        let manager = SchemaManager::new(self.transaction);
        for statement in statements(self.session.dialect, step)? {
            let run = manager.get_connection().execute_unprepared(&statement).await;
            run.map_err(|error| store_error(self.session.dialect, error))?;
        }
        Ok(())
    }

    async fn write_history(&self, step: &Step, run: &RunBy<'_>, took: Duration) -> Result<(), MigrateError> {
        self.check_lock().await?;
        let written = async {
            let insert = history::insert(&self.session, step, run, took)?;
            self.session.execute(&insert).await
        };
        written.await.map_err(|failure| failure.into_store_error(self.session.dialect))?;
        Ok(())
    }

    async fn delete_history(&self, step: &Step) -> Result<(), MigrateError> {
        self.check_lock().await?;
        let deleted = self.session.execute(&history::delete(step)).await;
        match deleted.map_err(|failure| failure.into_store_error(self.session.dialect))? {
            1 => Ok(()),
            _ => Err(MigrateError::NotApplied { group: step.group.clone(), version: step.version }),
        }
    }

    async fn check_lock(&self) -> Result<(), MigrateError> {
        match self.lock {
            Some(lock) => lock.check().await,
            None => Ok(()),
        }
    }
}
