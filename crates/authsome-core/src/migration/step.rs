//! [`Step`]: what a run applies, and [`RunBy`]: who runs it.

use super::{MigrateError, Operation};
use crate::clock::Clock;
use crate::schema::Schema;

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

/// Who runs migrations, and the clock that dates and times each step.
#[derive(Clone, Copy, Debug)]
pub struct RunBy<'a> {
    /// The program with its version.
    pub program: &'a str,
    /// The clock.
    pub clock: &'a dyn Clock,
}
