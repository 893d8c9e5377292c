//! [`MigrateError`] and [`HistoryFault`].

use crate::error::StoreError;

/// A fault of a history. While it has faults, no step is applied or taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryFault {
    /// An applied step was changed.
    #[error("migration {group}/{version} ({name}) was changed after it was applied: restore it and add a new one")]
    Changed {
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
    Unknown {
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
    Late {
        /// The group.
        group: String,
        /// The pending version.
        version: u32,
        /// The greatest applied version.
        applied: u32,
    },
}

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
    /// The history has a fault.
    #[error(transparent)]
    History(#[from] HistoryFault),
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
