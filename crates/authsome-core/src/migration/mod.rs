//! Migrations as data: groups of ordered steps of portable operations, and what a backend offers to run them.
//!
//! Data can be hashed, planned, printed and tested; a closure cannot. The runner is `authsome-migrate`.

mod error;
mod group;
mod history;
mod step;
mod target;

pub use error::{HistoryFault, MigrateError};
pub use group::{Dialect, Down, Migration, MigrationGroup, Operation};
pub use history::AppliedStep;
pub use step::{RunBy, Step};
pub use target::{LiveColumn, LiveTable, MigrationReport, MigrationSession, MigrationTarget};
