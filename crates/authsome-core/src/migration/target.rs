//! What a backend offers to the migration runner: a lock, a history, and the execution of operations.

use async_trait::async_trait;

use super::{Dialect, Operation};
use crate::clock::Clock;
use crate::error::StoreError;
use crate::schema::{IndexDef, ReferenceDef, Schema};
use crate::time::Timestamp;
use crate::value::ColumnType;

/// Why migrations were not run. Nothing was changed unless the error says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Two groups have the same name.
    #[error("two migration groups are named {group}: rename one of the plugins")]
    DuplicateGroup {
        /// The name.
        group: String,
    },
    /// A group has a version twice, or its versions do not rise.
    #[error("migration group {group}: version {version} is listed twice or out of order")]
    DuplicateVersion {
        /// The group.
        group: String,
        /// The version.
        version: u32,
    },
    /// A group depends on a missing one.
    #[error("migration group {group} depends on {dependency}, which is not part of this run: register that plugin too")]
    UnknownDependency {
        /// The group.
        group: String,
        /// The missing group.
        dependency: String,
    },
    /// Groups depend on each other in a cycle.
    #[error("migration groups depend on each other in a cycle: {}", groups.join(" -> "))]
    Cycle {
        /// The cycle, first group repeated at the end.
        groups: Vec<String>,
    },
    /// An applied step was changed.
    #[error("migration {group}/{version} ({name}) was changed after it was applied: restore it and add a new one")]
    ChecksumMismatch {
        /// The group.
        group: String,
        /// The version.
        version: u32,
        /// The step's name.
        name: String,
    },
    /// The database has an unknown step.
    #[error(
        "the database has migration {group}/{version} ({name}), which this program does not know: it is newer \
            than the program, so start the newer program or restore a backup"
    )]
    UnknownVersion {
        /// The group.
        group: String,
        /// The version.
        version: u32,
        /// The step's name.
        name: String,
    },
    /// A pending step comes before an applied one.
    #[error(
        "migration {group}/{version} is pending, but the later {applied} is applied: give it a version after {applied}"
    )]
    LateVersion {
        /// The group.
        group: String,
        /// The pending version.
        version: u32,
        /// The greatest applied version.
        applied: u32,
    },
    /// A step does not fit the schema before it.
    #[error("migration {group}/{version}: {source}")]
    Schema {
        /// The group.
        group: String,
        /// The version.
        version: u32,
        /// What does not fit.
        source: crate::schema::SchemaError,
    },
    /// The step is declared irreversible.
    #[error("migration {group}/{version} cannot be taken back: restore a backup")]
    Irreversible {
        /// The group.
        group: String,
        /// The version.
        version: u32,
    },
    /// A call names an unknown version or group.
    #[error("unknown migration {0}: see `authsome migrate status`")]
    NoSuchTarget(String),
    /// `baseline` on a database with other tables than the steps make.
    #[error("the database does not have the tables that the migrations make: {0}")]
    BaselineDiffers(String),
    /// Another process held the lock for too long.
    #[error("another process is migrating this database and did not finish in time: wait for it, then start again")]
    Locked,
    /// The lock was lost in the middle of a run, so another run may be under way. The interrupted step has left
    /// nothing.
    #[error("the migration lock was lost during the run: start again, and see `authsome migrate status`")]
    LockLost,
    /// A step is no longer in the history: another process took it back meanwhile.
    #[error("migration {group}/{version} is no longer in the history: see `authsome migrate status`")]
    NotApplied {
        /// The group.
        group: String,
        /// The version.
        version: u32,
    },
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A step in the order in which a run applies it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its group.
    pub group: String,
    /// Its version.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// SHA-256 of its declaration, in lower-case hexadecimal.
    pub checksum: String,
    /// Its operations.
    pub operations: Vec<Operation>,
    /// The schema before the step, for backends that need it to carry out a change.
    pub before: Schema,
}

impl Step {
    /// Makes of a schema what it is after one of the step's operations.
    ///
    /// # Errors
    /// [`MigrateError::Schema`] where the operation does not fit.
    pub fn advance(&self, schema: &mut Schema, operation: &Operation) -> Result<(), MigrateError> {
        let (group, version) = (self.group.clone(), self.version);
        schema.apply(operation).map_err(|source| MigrateError::Schema { group, version, source })
    }
}

/// A row of the history table `authsome_migrations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedStep {
    /// Its group.
    pub group: String,
    /// Its version.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Its checksum when it was applied.
    pub checksum: String,
    /// When it was applied.
    pub applied_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The program that applied it, with its version.
    pub applied_by: String,
}

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
#[derive(Clone, Debug, PartialEq)]
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

/// Who runs migrations, and the clock that dates and times each step.
#[derive(Clone, Copy, Debug)]
pub struct RunBy<'a> {
    /// The program with its version.
    pub program: &'a str,
    /// The clock.
    pub clock: &'a dyn Clock,
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
