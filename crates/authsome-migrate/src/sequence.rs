//! The declared steps of a run in their order.

use authsome_core::migration::{MigrateError, Migration, MigrationGroup, Operation, Step};
use authsome_core::schema::Schema;

use crate::checksum::checksum;
use crate::order::ordered;
use crate::step_ref::StepRef;

/// A declared step.
pub(crate) struct DeclaredStep {
    pub(crate) at: StepRef,
    pub(crate) migration: Migration,
    pub(crate) checksum: String,
}

/// All declared steps in the order in which a first run applies them.
pub(crate) struct Sequence {
    pub(crate) groups: Vec<String>,
    pub(crate) steps: Vec<DeclaredStep>,
    pub(crate) schema: Schema,
}

impl Sequence {
    /// Orders the groups and checks that each step, and its way back, fits the schema before it.
    pub(crate) fn new(groups: &[MigrationGroup]) -> Result<Self, MigrateError> {
        let mut sequence = Self { groups: Vec::new(), steps: Vec::new(), schema: Schema::default() };
        for group in ordered(groups)? {
            sequence.groups.push(group.name.clone());
            for migration in &group.migrations {
                let at = StepRef::new(group.name.as_str(), migration.version);
                advance(&mut sequence.schema, &at, &migration.up)?;
                if let Some(down) = migration.down_operations() {
                    advance(&mut sequence.schema.clone(), &at, &down)?;
                }
                let checksum = checksum(migration)?;
                sequence.steps.push(DeclaredStep { at, migration: migration.clone(), checksum });
            }
        }
        Ok(sequence)
    }

    /// The step's position in the order.
    pub(crate) fn position(&self, at: &StepRef) -> Result<usize, MigrateError> {
        let position = self.steps.iter().position(|step| step.at == *at);
        position.ok_or_else(|| MigrateError::NoSuchTarget(at.to_string()))
    }
}

impl DeclaredStep {
    /// The step with these operations, which are applied to `schema`.
    pub(crate) fn step(&self, operations: Vec<Operation>, schema: &mut Schema) -> Result<Step, MigrateError> {
        let before = schema.clone();
        advance(schema, &self.at, &operations)?;
        Ok(Step {
            group: self.at.group.clone(),
            version: self.at.version,
            name: self.migration.name.clone(),
            checksum: self.checksum.clone(),
            operations,
            before,
        })
    }
}

/// The schema after the operations of a step.
pub(crate) fn advance(schema: &mut Schema, at: &StepRef, operations: &[Operation]) -> Result<(), MigrateError> {
    for operation in operations {
        let applied = schema.apply(operation);
        applied.map_err(|source| MigrateError::Schema { group: at.group.clone(), version: at.version, source })?;
    }
    Ok(())
}
