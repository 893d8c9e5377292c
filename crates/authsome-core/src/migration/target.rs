//! What a backend offers to the migration runner: a lock, a history, and the execution of operations.

use async_trait::async_trait;

use super::{AppliedStep, Dialect, MigrateError, RunBy, Step};
use crate::schema::{IndexDef, ReferenceDef};
use crate::value::ColumnType;

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MigrationReport {
    /// The steps that this run applied, as `group/version name`.
    pub applied: Vec<String>,
    /// Groups in the history that no plugin of this run declares.
    pub absent_groups: Vec<String>,
}

/// A column of the live database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveColumn {
    /// Name.
    pub name: String,
    /// The portable type that it is stored as; `None` for a type that Authsome does not make.
    pub ty: Option<ColumnType>,
    /// Whether it may hold no value.
    pub nullable: bool,
}

/// A table of the live database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveTable {
    /// Name.
    pub name: String,
    /// Columns.
    pub columns: Vec<LiveColumn>,
    /// Columns of the primary key, in their order; empty without a primary key.
    pub primary_key: Vec<String>,
    /// Indexes other than the primary key's own. If no declaration makes an index's condition, the condition's text
    /// stands in place of the column that is null.
    pub indexes: Vec<IndexDef>,
    /// References.
    pub references: Vec<ReferenceDef>,
    /// Faults that a declaration cannot express: each is a part of a sentence that follows the table's name, such as
    /// "is not logged".
    pub surprises: Vec<String>,
}

/// The migration side of a backend.
///
/// # Contract
/// - `begin` takes the lock that serializes runs on this database, and waits for its holder, bounded. A holder that
///   crashed does not hold it.
/// - `apply` and `revert` write their changes together with the history, in one transaction if the database has
///   transactions for such changes; otherwise an interrupted run can be repeated.
/// - A session that is dropped without `finish` leaves nothing half done and no lock.
#[async_trait]
pub trait MigrationTarget: Send + Sync {
    /// The dialect whose raw statements apply here.
    fn dialect(&self) -> Dialect;

    /// The exact statements of the operations, in order, without running them.
    ///
    /// # Errors
    /// [`MigrateError`] if the backend cannot carry out an operation.
    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError>;

    /// The history, oldest first, without a lock; `None` before the first run.
    ///
    /// # Errors
    /// [`MigrateError::Store`].
    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError>;

    /// Takes the lock, and makes the history table if it is missing.
    ///
    /// # Errors
    /// [`MigrateError::Locked`], [`MigrateError::Store`].
    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError>;

    /// The live tables with these names, as far as they exist.
    ///
    /// # Errors
    /// [`MigrateError::Store`].
    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError>;
}

/// A run that holds the lock.
#[async_trait]
pub trait MigrationSession: Send {
    /// The history, oldest first.
    ///
    /// # Errors
    /// [`MigrateError::Store`].
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError>;

    /// Applies the steps in order and writes a history row for each.
    ///
    /// # Errors
    /// [`MigrateError::Store`]; the failing step has left nothing.
    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError>;

    /// Takes steps back: carries out their reverse operations and deletes their history rows.
    ///
    /// # Errors
    /// [`MigrateError::Store`]; the failing step has left nothing.
    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError>;

    /// Writes history rows without running anything: a database that already has the tables is adopted.
    ///
    /// # Errors
    /// [`MigrateError::Store`].
    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError>;

    /// Makes everything durable and lets go of the lock.
    ///
    /// # Errors
    /// [`MigrateError::Store`].
    async fn finish(self: Box<Self>) -> Result<(), MigrateError>;
}
