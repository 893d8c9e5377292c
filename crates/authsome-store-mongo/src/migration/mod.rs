//! The migration side: operations as commands, which can be repeated, under a lease.
//!
//! MongoDB changes collections outside of transactions. So a repeated command does nothing, a step's
//! history row is written after all of them, in one transaction with what the catalogue says of its tables, and a run
//! that ended in the middle is made good by the next one, which does the step again. A step that fails is undone as far
//! as it destroyed nothing.
//!
//! # What the lease fences
//! The transaction that writes the history and the catalogue writes the lease too: it fails where somebody else took
//! it. A command that changes a collection (`create`, `createIndexes`, `collMod`, `dropIndexes`, `drop`, the `update`
//! that empties a dropped column, a raw statement) cannot be part of one. The lease is read right before each, so that
//! a holder that was paused past its lease sends at most the one command that it was about to send. That one may meet
//! the next holder's work: what `verify` then reports is the only trace of it.

mod commands;
mod history;
mod lease;
mod live;
mod session;

use async_trait::async_trait;
use authsome_core::migration::{
    AppliedStep, Dialect, LiveTable, MigrateError, MigrationSession, MigrationTarget, Step,
};

use self::commands::DIALECT;
use self::session::MongoSession;
use crate::backend::MongoStore;
use crate::error::store_error;

#[async_trait]
impl MigrationTarget for MongoStore {
    fn dialect(&self) -> Dialect {
        DIALECT
    }

    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        commands::render(step)
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        self.shared.check_open()?;
        history::read_if_there(&self.shared).await
    }

    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
        self.shared.check_open()?;
        Ok(Box::new(MongoSession::begin(&self.shared).await?))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        self.shared.check_open()?;
        live::tables(&self.shared.database, tables).await.map_err(|error| store_error(&error).into())
    }
}
