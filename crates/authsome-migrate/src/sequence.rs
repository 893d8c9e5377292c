//! The declared steps of a run in their order, and the schemas that they lead through.

use authsome_core::migration::{MigrateError, Migration, MigrationGroup, Operation, Step};
use authsome_core::schema::Schema;

use crate::checksum::checksum;
use crate::history::Reading;
use crate::order::ordered;
use crate::runner::DownTo;
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
    /// Orders the groups and checks that each step, and what takes it back, fits the schema before it.
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

    /// Where the step stands in the order.
    pub(crate) fn position(&self, at: &StepRef) -> Result<usize, MigrateError> {
        let position = self.steps.iter().position(|step| step.at == *at);
        position.ok_or_else(|| MigrateError::NoSuchTarget(at.to_string()))
    }

    /// What the applied steps make together.
    pub(crate) fn applied_schema(&self, reading: &Reading) -> Result<Schema, MigrateError> {
        let mut schema = Schema::default();
        for (declared, _) in reading.applied(self) {
            advance(&mut schema, &declared.at, &declared.migration.up)?;
        }
        Ok(schema)
    }

    /// The pending ones of the first `end` steps, ready to be applied.
    pub(crate) fn upward(&self, reading: &Reading, end: usize) -> Result<Vec<Step>, MigrateError> {
        let pending: Vec<_> = reading.pending(self, end).collect();
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let mut schema = self.applied_schema(reading)?;
        let steps = pending.into_iter().map(|declared| declared.step(declared.migration.up.clone(), &mut schema));
        steps.collect()
    }

    /// The steps to be taken back, with what takes them back: the last applied first.
    pub(crate) fn downward(&self, reading: &Reading, to: &DownTo) -> Result<Vec<Step>, MigrateError> {
        let mut back = reading.latest_first(self);
        match to {
            DownTo::Start => {}
            DownTo::LastStep => back.truncate(1),
            DownTo::Step(at) => {
                let kept = back.iter().position(|declared| declared.at == *at);
                let not_applied = || MigrateError::NoSuchTarget(format!("{at} among those applied"));
                back.truncate(kept.ok_or_else(not_applied)?);
            }
        }
        let mut schema = self.applied_schema(reading)?;
        let steps = back.into_iter().map(|declared| {
            let StepRef { group, version } = declared.at.clone();
            let operations = declared.migration.down_operations();
            declared.step(operations.ok_or(MigrateError::Irreversible { group, version })?, &mut schema)
        });
        steps.collect()
    }
}

impl DeclaredStep {
    /// The step with these operations, which lead `schema` on.
    fn step(&self, operations: Vec<Operation>, schema: &mut Schema) -> Result<Step, MigrateError> {
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
fn advance(schema: &mut Schema, at: &StepRef, operations: &[Operation]) -> Result<(), MigrateError> {
    for operation in operations {
        let applied = schema.apply(operation);
        applied.map_err(|source| MigrateError::Schema { group: at.group.clone(), version: at.version, source })?;
    }
    Ok(())
}
