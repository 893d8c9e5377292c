//! Migrations as data: groups of ordered steps of portable operations, and what a backend offers to run them.
//!
//! Data can be hashed, planned, printed and tested; a closure cannot. The runner is `authsome-migrate`.

mod group;
mod target;

pub use group::{Dialect, Down, Migration, MigrationGroup, Operation};
pub use target::{
    AppliedStep, LiveColumn, LiveTable, MigrateError, MigrationReport, MigrationSession, MigrationTarget, RunBy, Step,
};
