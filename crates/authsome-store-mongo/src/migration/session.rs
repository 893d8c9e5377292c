//! [`MongoSession`]: a run that holds the lease.

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{AppliedStep, MigrateError, MigrationSession, Operation, RunBy, Step};
use authsome_core::schema::Schema;
use mongodb::Database;
use mongodb::bson::{Document, doc};

use super::commands::{applied, catalogue_writes, commands, inverse, tables_of};
use super::lease::Lease;
use super::{history, live};
use crate::catalogue;
use crate::error::{
    Failure, INDEX_NOT_FOUND, NAMESPACE_EXISTS, NAMESPACE_NOT_FOUND, Refusal, is_code, refused_write, store_error,
};
use crate::references::LOCKS;
use crate::shared::Shared;
use crate::transaction;

/// How often the row of a step is written anew because the heartbeat wrote the lease at the same time.
const WRITES: u32 = 20;

pub(super) struct MongoSession {
    shared: Arc<Shared>,
    lease: Lease,
}

/// What was carried out: the operation with the schema before and after it.
struct Done {
    operation: Operation,
    before: Schema,
    after: Schema,
}

/// What is done to the history.
#[derive(Clone, Copy)]
enum Row<'r> {
    Insert(&'r RunBy<'r>, Duration),
    Delete,
}

impl MongoSession {
    pub(super) async fn begin(shared: &Arc<Shared>) -> Result<Self, MigrateError> {
        let lease = Lease::take(&shared.database, shared.settings.migration_timeout).await?;
        for own in [catalogue::COLLECTION, LOCKS, history::COLLECTION] {
            match shared.database.create_collection(own).await {
                Err(error) if !is_code(&error, NAMESPACE_EXISTS) => return Err(store_error(&error).into()),
                _ => {}
            }
        }
        Ok(Self { shared: Arc::clone(shared), lease })
    }

    fn database(&self) -> &Database {
        &self.shared.database
    }

    /// Carries out a step but for the catalogue, notes each operation that has begun, whether it succeeds or not, and
    /// returns the schema after it. An existing collection does not belong to this run, and its documents are not this
    /// run's to undo.
    async fn carry_out(&self, step: &Step, done: &mut Vec<Done>) -> Result<Schema, MigrateError> {
        let mut before = step.before.clone();
        for operation in &step.operations {
            let after = applied(&before, operation, step)?;
            let mut commands = commands(operation, &before, &after)?.into_iter();
            let was_there = match commands.next() {
                Some(first) => !self.execute(first).await?,
                None => false,
            };
            if !was_there {
                done.push(Done { operation: operation.clone(), before, after: after.clone() });
            }
            for command in commands {
                self.execute(command).await?;
            }
            before = after;
        }
        Ok(before)
    }

    /// Runs a command if the lease is still held, and says whether there was something to do.
    async fn execute(&self, command: Document) -> Result<bool, StoreError> {
        let name = command.keys().next().cloned().unwrap_or_default();
        let is_done = |error: &mongodb::error::Error| match name.as_str() {
            "create" => is_code(error, NAMESPACE_EXISTS),
            "drop" => is_code(error, NAMESPACE_NOT_FOUND),
            "dropIndexes" => is_code(error, NAMESPACE_NOT_FOUND) || is_code(error, INDEX_NOT_FOUND),
            _ => false,
        };
        self.lease.hold().await?;
        let mut sent = command.clone();
        // The row of the history comes after it, and is acknowledged by a majority that then has this too.
        sent.entry("writeConcern".to_owned()).or_insert_with(|| doc! {"w": 1}.into());
        match self.database().run_command(sent).await {
            Ok(answer) => refused_write(&answer).map_or(Ok(true), Err),
            Err(error) if is_done(&error) => self.check_own(&command).await.map(|()| false),
            Err(error) => Err(store_error(&error)),
        }
    }

    /// That a collection which was there already is the one that was to be made.
    async fn check_own(&self, command: &Document) -> Result<(), StoreError> {
        let Ok(name) = command.get_str("create") else { return Ok(()) };
        let found = live::validator(self.database(), name).await.map_err(|error| store_error(&error))?;
        let made = command.get_document("validator").ok();
        if found.as_ref() == made { Ok(()) } else { Err(Refusal::ForeignCollection(name.to_owned()).into()) }
    }

    /// Writes the rows of steps and the catalogue in a transaction that fails where somebody else has the lease.
    async fn note(&self, steps: &[Step], row: Row<'_>, catalogue: &[Document]) -> Result<(), StoreError> {
        let mut write = 1;
        loop {
            match self.note_once(steps, row, catalogue).await {
                Err(error) if error.is_transient() && write < WRITES => {
                    self.shared.retry.pause(write).await;
                    // A lease that is lost stays lost.
                    self.lease.hold().await?;
                    write += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn note_once(&self, steps: &[Step], row: Row<'_>, catalogue: &[Document]) -> Result<(), StoreError> {
        let mut session = transaction::begin(&self.shared).await?;
        let mut operations = self.shared.operations().inside(&mut session);
        let noted = async {
            if !self.lease.hold_within(&mut operations).await? {
                return Err(StoreError::contention().into());
            }
            for step in steps {
                match row {
                    Row::Insert(run, took) => history::insert(&mut operations, step, run, took).await?,
                    Row::Delete => history::delete(&mut operations, step).await?,
                }
            }
            for command in catalogue {
                let answer = operations.command(command.clone()).await?;
                refused_write(&answer).map_or(Ok(()), Err)?;
            }
            Ok::<_, Failure>(())
        };
        match noted.await {
            Ok(()) => transaction::commit(&mut session).await,
            Err(failure) => Err(self.shared.resolve(failure).await),
        }
    }

    /// Takes the rows of steps out and undoes what was carried out, the last first, until something that destroyed
    /// data.
    async fn undo(&self, steps: &[Step], done: Vec<Done>) {
        let (mut tables, mut earlier) = (BTreeSet::new(), Schema::default());
        let mut inverses = Vec::new();
        for done in done.iter().rev() {
            let Some(inverse) = inverse(&done.operation, &done.before) else { break };
            inverses.push((inverse, done));
            for name in tables_of([&done.operation]) {
                earlier.tables.remove(&name);
                earlier.tables.extend(done.before.tables.get(&name).map(|table| (name.clone(), table.clone())));
                tables.insert(name);
            }
        }
        let undone = async {
            self.note(steps, Row::Delete, &catalogue_writes(&tables, &earlier)?).await?;
            for (inverse, Done { before, after, .. }) in inverses {
                // No row has a value yet in a column that this run added; where rows have one, they are older.
                let commands = commands(&inverse, after, before)?;
                for command in commands.into_iter().filter(|command| !command.contains_key("update")) {
                    self.execute(command).await?;
                }
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = undone.await {
            tracing::warn!(%error, "a failed migration was not undone: the next run does it again");
        }
    }

    async fn apply_all(&self, steps: &[Step], run: &RunBy<'_>, done: &mut Vec<Done>) -> Result<(), MigrateError> {
        for step in steps {
            let begun = run.clock.now();
            let after = self.carry_out(step, done).await?;
            let row = Row::Insert(run, run.clock.now().since(begun));
            self.note(slice::from_ref(step), row, &catalogue_writes(&tables_of(&step.operations), &after)?).await?;
        }
        Ok(())
    }

    async fn revert_all(&self, steps: &[Step], done: &mut Vec<Done>) -> Result<(), MigrateError> {
        for step in steps {
            let after = self.carry_out(step, done).await?;
            let catalogue = catalogue_writes(&tables_of(&step.operations), &after)?;
            self.note(slice::from_ref(step), Row::Delete, &catalogue).await?;
            done.clear();
        }
        Ok(())
    }
}

#[async_trait]
impl MigrationSession for MongoSession {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        history::read(&self.shared).await
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        let mut done = Vec::new();
        let applied = self.apply_all(steps, run, &mut done).await;
        if applied.is_err() {
            self.undo(steps, done).await;
        }
        self.shared.catalogue.forget();
        applied
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        let mut done = Vec::new();
        let reverted = self.revert_all(steps, &mut done).await;
        if reverted.is_err() {
            self.undo(&[], done).await;
        }
        self.shared.catalogue.forget();
        reverted
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        Ok(self.note(steps, Row::Insert(run, Duration::ZERO), &[]).await?)
    }

    async fn finish(self: Box<Self>) -> Result<(), MigrateError> {
        Ok(self.lease.release().await?)
    }
}
