//! The rules that a schema sets: unique keys, and references between rows.

use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::schema::{IndexDef, OnDelete, ReferenceDef, TableDef};

use crate::table::{State, StoredRow, Table, value};

impl Table {
    /// The name of the unique key that the row would share with another one; the row's own number is not another one.
    /// Keys are tried in the order of their declaration, the primary key first, so of several the first declared is named.
    pub(crate) fn conflict(&self, row: &StoredRow, own: Option<u64>) -> Option<String> {
        let collides = |index: &IndexDef, number: u64, other: &StoredRow| {
            Some(number) != own && agree(index, row, other) && is_in(index, other)
        };
        let taken = |index: &IndexDef| {
            is_in(index, row) && self.rows.iter().any(|(number, other)| collides(index, *number, other))
        };
        self.def.uniques().into_iter().find(taken).map(|index| index.name)
    }
}

/// Whether a unique key sees the row. A row with a null in the key is never in conflict.
fn is_in(index: &IndexDef, row: &StoredRow) -> bool {
    index.only_where_null.as_ref().is_none_or(|column| value(row, column).is_null())
        && !index.columns.iter().any(|column| value(row, column).is_null())
}

/// Whether two rows have the same key. The columns of the scope come first and tell the least, so the last comes first.
fn agree(index: &IndexDef, row: &StoredRow, other: &StoredRow) -> bool {
    index.columns.iter().rev().all(|column| value(row, column) == value(other, column))
}

impl State {
    /// That the parents of the rows are there. Called when all rows of a request are written, because a row may refer to
    /// one that the same request writes. Of several references that dangle, the first declared is named.
    pub(crate) fn check_parents(&self, table: &TableDef, rows: &[Arc<StoredRow>]) -> Result<(), StoreError> {
        let Some(table) = self.tables.get(&table.name) else { return Ok(()) };
        for reference in &table.def.references {
            let parents = || self.tables.get(&reference.parent).into_iter().flat_map(|table| table.rows.values());
            let dangles = |row: &StoredRow| {
                let is_null = |column: &String| value(row, column).is_null();
                !reference.columns.iter().any(is_null) && !parents().any(|parent| refers(row, reference, parent))
            };
            if rows.iter().any(|row| dangles(row)) {
                return Err(StoreError::Reference { constraint: reference.name.clone() });
            }
        }
        Ok(())
    }

    /// Deletes rows, then what refers to them by `Cascade`, then what refers to that, and so on. Whoever is left and refers
    /// to one of them by `Restrict` refuses it all: asked at the end, because it may have been deleted on the way.
    pub(crate) fn remove(&mut self, table: &TableDef, numbers: &[u64]) -> Result<(), StoreError> {
        let mut gone = self.take(&table.name, numbers);
        let mut followed = 0;
        while let Some((parent, row)) = gone.get(followed).cloned() {
            for name in self.tables.keys().cloned().collect::<Vec<_>>() {
                let falling = self.falling(&name, &parent, &row);
                gone.extend(self.take(&name, &falling));
            }
            followed += 1;
        }
        for table in self.tables.values() {
            for reference in table.def.references.iter().filter(|reference| reference.on_delete == OnDelete::Restrict) {
                let holds = |(parent, row): &(String, Arc<StoredRow>)| {
                    *parent == reference.parent && table.rows.values().any(|child| refers(child, reference, row))
                };
                if gone.iter().any(holds) {
                    return Err(StoreError::Reference { constraint: reference.name.clone() });
                }
            }
        }
        Ok(())
    }

    /// The rows of a table that fall with a row of `parent`.
    fn falling(&self, name: &str, parent: &str, row: &StoredRow) -> Vec<u64> {
        let Some(table) = self.tables.get(name) else { return Vec::new() };
        let cascades =
            |reference: &&ReferenceDef| reference.on_delete == OnDelete::Cascade && reference.parent == parent;
        let references: Vec<&ReferenceDef> = table.def.references.iter().filter(cascades).collect();
        table.numbers(|child| references.iter().any(|reference| refers(child, reference, row)))
    }

    /// Takes rows out of a table, each with the table's name.
    fn take(&mut self, name: &str, numbers: &[u64]) -> Vec<(String, Arc<StoredRow>)> {
        let Some(table) = self.tables.get_mut(name).filter(|_| !numbers.is_empty()) else { return Vec::new() };
        let rows = &mut Arc::make_mut(table).rows;
        numbers.iter().filter_map(|number| Some((name.to_owned(), rows.remove(number)?))).collect()
    }
}

/// Whether `child` refers to `parent`. The columns include those of the scope, so no row refers out of its environment. What
/// they name is the parent's primary key, which has no null in it, so a child with a null refers to nobody.
fn refers(child: &StoredRow, reference: &ReferenceDef, parent: &StoredRow) -> bool {
    let mut columns = reference.columns.iter().zip(&reference.parent_columns).rev();
    columns.all(|(own, its)| value(child, own) == value(parent, its))
}
