//! The history of a database, compared with the steps that this program declares.

use std::collections::BTreeMap;

use authsome_core::migration::{AppliedStep, HistoryFault, MigrateError};

use crate::sequence::{DeclaredStep, Sequence};
use crate::step_ref::StepRef;

/// A history, row by row beside the declared steps.
pub(crate) struct Reading<'s> {
    sequence: &'s Sequence,
    /// For each declared step, in their order, its row.
    rows: Vec<Option<AppliedStep>>,
    /// Whether nothing was ever applied, by any group.
    pub(crate) is_empty: bool,
    pub(crate) absent_groups: Vec<String>,
    pub(crate) faults: Vec<HistoryFault>,
}

impl<'s> Reading<'s> {
    pub(crate) fn new(sequence: &'s Sequence, history: Vec<AppliedStep>) -> Self {
        let mut reading = Self {
            sequence,
            rows: vec![None; sequence.steps.len()],
            is_empty: history.is_empty(),
            absent_groups: Vec::new(),
            faults: Vec::new(),
        };
        let mut greatest: BTreeMap<String, u32> = BTreeMap::new();
        for row in history {
            if !sequence.groups.contains(&row.group) {
                if !reading.absent_groups.contains(&row.group) {
                    reading.absent_groups.push(row.group);
                }
                continue;
            }
            let applied = greatest.entry(row.group.clone()).or_default();
            *applied = row.version.max(*applied);
            reading.place(row);
        }
        for (declared, row) in sequence.steps.iter().zip(&reading.rows) {
            if let (None, Some(&applied)) = (row, greatest.get(&declared.at.group))
                && declared.at.version < applied
            {
                let StepRef { group, version } = declared.at.clone();
                reading.faults.push(HistoryFault::Late { group, version, applied });
            }
        }
        reading
    }

    fn place(&mut self, row: AppliedStep) {
        let found =
            self.sequence.steps.iter().zip(&mut self.rows).find(|(step, _)| step.at.is(&row.group, row.version));
        let (group, version, name) = (row.group.clone(), row.version, row.name.clone());
        match found {
            None => self.faults.push(HistoryFault::Unknown { group, version, name }),
            Some((declared, slot)) => {
                if declared.checksum != row.checksum {
                    self.faults.push(HistoryFault::Changed { group, version, name });
                }
                *slot = Some(row);
            }
        }
    }

    /// The same reading, if nothing is wrong with it.
    pub(crate) fn sound(self) -> Result<Self, MigrateError> {
        if let Some(fault) = self.faults.into_iter().next() {
            return Err(fault.into());
        }
        Ok(Self { faults: Vec::new(), ..self })
    }

    /// Each declared step with its row, if it is applied.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'s DeclaredStep, Option<&AppliedStep>)> {
        self.sequence.steps.iter().zip(self.rows.iter().map(Option::as_ref))
    }

    /// The applied steps in the declared order, each with its row.
    pub(crate) fn applied(&self) -> impl Iterator<Item = (&'s DeclaredStep, &AppliedStep)> {
        self.all().filter_map(|(declared, row)| Some((declared, row?)))
    }

    /// The pending ones of the first `end` declared steps.
    pub(crate) fn pending(&self, end: usize) -> impl Iterator<Item = &'s DeclaredStep> {
        self.all().take(end).filter(|(_, row)| row.is_none()).map(|(declared, _)| declared)
    }

    /// The applied steps, the last applied first. A run applies in the declared order, so that order decides between
    /// steps of the same millisecond.
    pub(crate) fn latest_first(&self) -> Vec<&'s DeclaredStep> {
        let mut applied: Vec<_> = self.applied().collect();
        applied.sort_by_key(|(_, row)| row.applied_at);
        applied.into_iter().rev().map(|(declared, _)| declared).collect()
    }
}
