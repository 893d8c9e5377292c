//! Plans, verifies, locks, applies and takes back migrations: the runner over [`authsome_core::migration`].
//!
//! What lives here: the order of groups and steps, their checksums, the judgement of a history, and the verbs
//! ([`Migrator`]). What never does: a database, a statement, or a migration. Backends carry out steps behind
//! [`MigrationTarget`](authsome_core::migration::MigrationTarget); core and plugins declare them as
//! [`MigrationGroup`](authsome_core::migration::MigrationGroup)s.
//!
//! A run: order and check what is declared → read the history → verify it → if anything is pending, take the lock, read
//! and verify again, apply. Without pending steps, nothing is written and no lock is taken, so that every start of
//! a program may run it.
//!
//! To add a verb, write it on [`Migrator`] from a `Reading` of the history and the `Sequence` of declared steps; what
//! it answers gets a file of its own with its `Display`.

mod checksum;
mod history;
mod order;
mod plan;
mod runner;
mod sequence;
mod status;
mod step_ref;
mod steps;
mod verify;

pub use plan::{Plan, PlannedStep};
pub use runner::{Migrator, RollbackReport, up};
pub use status::{Status, StepState, StepStatus};
pub use step_ref::StepRef;
pub use steps::DownTo;
pub use verify::{Difference, Part};
