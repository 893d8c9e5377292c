//! The steps of a run, from the declared and the applied steps.

use authsome_core::migration::{MigrateError, Step};
use authsome_core::schema::Schema;

use crate::history::Reading;
use crate::sequence::advance;
use crate::step_ref::StepRef;

/// How far [`Migrator::down`](crate::Migrator::down) goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownTo {
    /// Takes back the last applied step, if any.
    LastStep,
    /// Takes back every step that was applied after this one, and keeps this one.
    Step(StepRef),
    /// Takes back every step that this program declares, with all the data that they hold.
    Start,
}

/// The schema that the applied steps make.
pub(crate) fn applied_schema(reading: &Reading<'_>) -> Result<Schema, MigrateError> {
    let mut schema = Schema::default();
    for (declared, _) in reading.applied() {
        advance(&mut schema, &declared.at, &declared.migration.up)?;
    }
    Ok(schema)
}

/// The pending ones of the first `end` steps, ready to apply.
pub(crate) fn upward(reading: &Reading<'_>, end: usize) -> Result<Vec<Step>, MigrateError> {
    let pending: Vec<_> = reading.pending(end).collect();
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    let mut schema = applied_schema(reading)?;
    let steps = pending.into_iter().map(|declared| declared.step(declared.migration.up.clone(), &mut schema));
    steps.collect()
}

/// The steps to take back, with their reverse operations: the last applied first.
pub(crate) fn downward(reading: &Reading<'_>, to: &DownTo) -> Result<Vec<Step>, MigrateError> {
    let mut back = reading.latest_first();
    match to {
        DownTo::Start => {}
        DownTo::LastStep => back.truncate(1),
        DownTo::Step(at) => {
            let kept = back.iter().position(|declared| declared.at == *at);
            let not_applied = || MigrateError::NoSuchTarget(format!("{at} among those applied"));
            back.truncate(kept.ok_or_else(not_applied)?);
        }
    }
    let mut schema = applied_schema(reading)?;
    let steps = back.into_iter().map(|declared| {
        let StepRef { group, version } = declared.at.clone();
        let operations = declared.migration.down_operations();
        declared.step(operations.ok_or(MigrateError::Irreversible { group, version })?, &mut schema)
    });
    steps.collect()
}
