//! References: parents that must be there, and children that go with a parent or hold it.

use std::collections::BTreeMap;
use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::schema::{OnDelete, ReferenceDef};
use authsome_core::value::Value;

use crate::filter::Condition;
use crate::index::{StoredRow, values};
use crate::key::Key;
use crate::layout::position_of;
use crate::plan::select;
use crate::state::State;
use crate::table::Table;

/// Rows by table and primary key.
type Rows = BTreeMap<Arc<str>, BTreeMap<Key, StoredRow>>;

impl State {
    /// Checks that the parents of the rows exist, for each given reference. Of several missing ones, the first
    /// declared is reported.
    pub(crate) fn check_references(
        &self,
        table: &Table,
        rows: &[StoredRow],
        asked: impl Fn(&ReferenceDef) -> bool,
    ) -> Result<(), StoreError> {
        for reference in table.def.references.iter().filter(|reference| asked(reference)) {
            let parent = self.table(&reference.parent)?;
            let columns = positions(table, reference)?;
            let dangles = |row: &StoredRow| {
                let values = || values(&columns, row);
                !values().any(Value::is_null) && !parent.primary().has(values())
            };
            if rows.iter().any(dangles) {
                return Err(StoreError::Reference { constraint: reference.name.clone() });
            }
        }
        Ok(())
    }

    /// Deletes the rows with what refers to them by `Cascade`. A row that refers to one of them by `Restrict` and is
    /// not deleted too refuses it all; of several references, the first by the child's table, then by its declaration,
    /// is reported.
    pub(crate) fn remove(&mut self, table: &str, rows: Vec<StoredRow>) -> Result<(), StoreError> {
        let mut doomed = Rows::new();
        let mut holding: BTreeMap<(Arc<str>, usize), Vec<StoredRow>> = BTreeMap::new();
        let mut waiting = vec![(Arc::from(table), rows)];
        while let Some((name, rows)) = waiting.pop() {
            let parent = self.table(&name)?;
            let known = doomed.entry(Arc::clone(&name)).or_default();
            let rows: Vec<StoredRow> = rows
                .into_iter()
                .filter(|row| known.insert(parent.primary().key(row), Arc::clone(row)).is_none())
                .collect();
            if rows.is_empty() {
                continue;
            }
            for (child_name, child) in &self.tables {
                let references = child.def.references.iter().enumerate();
                for (position, reference) in references.filter(|(_, reference)| *reference.parent == *name) {
                    let children = children(parent, &rows, child, reference)?;
                    match reference.on_delete {
                        OnDelete::Cascade => waiting.push((Arc::clone(child_name), children)),
                        OnDelete::Restrict => {
                            holding.entry((Arc::clone(child_name), position)).or_default().extend(children);
                        }
                    }
                }
            }
        }
        self.check_held(&holding, &doomed)?;
        for (name, rows) in &doomed {
            let mut table = self.table(name)?.clone();
            rows.values().for_each(|row| table.take(row));
            self.set_table(table);
        }
        Ok(())
    }

    /// That every row that holds a deleted one is deleted with it.
    fn check_held(
        &self,
        holding: &BTreeMap<(Arc<str>, usize), Vec<StoredRow>>,
        doomed: &Rows,
    ) -> Result<(), StoreError> {
        for ((name, position), rows) in holding {
            let table = self.table(name)?;
            let goes =
                |row: &StoredRow| doomed.get(name).is_some_and(|rows| rows.contains_key(&table.primary().key(row)));
            if let Some(reference) = table.def.references.get(*position)
                && !rows.iter().all(goes)
            {
                return Err(StoreError::Reference { constraint: reference.name.clone() });
            }
        }
        Ok(())
    }
}

/// The rows of `child` that refer to one of the parents.
fn children(
    parent: &Table,
    parents: &[StoredRow],
    child: &Table,
    reference: &ReferenceDef,
) -> Result<Vec<StoredRow>, StoreError> {
    let columns = positions(child, reference)?;
    let mut found = Vec::new();
    for row in parents {
        let key = values(parent.primary().shape.declared(), row);
        let condition = Condition::equal(columns.iter().copied().zip(key));
        found.extend(select(child, &condition, None, usize::MAX).rows);
    }
    Ok(found)
}

/// Where a reference's columns stand, in the order of the parent's primary key.
fn positions(table: &Table, reference: &ReferenceDef) -> Result<Vec<usize>, StoreError> {
    reference.columns.iter().map(|column| position_of(&table.def, column)).collect()
}
