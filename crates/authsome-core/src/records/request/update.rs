//! [`UpdateRequest`].

use super::check::{check_changes, check_identified, invalid};
use super::reach::Verb;
use super::{Change, Selected, Selection};
use crate::error::StoreError;
use crate::value::Value;

/// What is wanted of rows that are changed.
#[derive(Clone, Debug)]
pub struct Update {
    changes: Vec<Change>,
}

/// Change rows: the comparison and the change are one step.
pub type UpdateRequest = Selected<Update>;

impl UpdateRequest {
    /// A change of at most one row: the filter names it by its id or a unique key.
    pub(crate) fn one(rows: Selection, changes: Vec<Change>) -> Result<Self, StoreError> {
        check_identified(&rows)?;
        Self::new(rows, changes)
    }

    /// A change of every matching row. A column of a unique index can only be set to null: a conflict among several
    /// rows would depend on their order.
    pub(crate) fn all(rows: Selection, changes: Vec<Change>) -> Result<Self, StoreError> {
        let uniques = rows.table.uniques();
        let moves = |change: &&Change| {
            let empties = matches!(change, Change::Set { value: Value::Null, .. });
            let unique = uniques.iter().any(|index| index.columns.iter().any(|column| column == change.column()));
            unique && !empties
        };
        if let Some(change) = changes.iter().find(moves) {
            return Err(invalid(rows.table, change.column(), "change a unique key of one row at a time"));
        }
        Self::new(rows, changes)
    }

    fn new(mut rows: Selection, changes: Vec<Change>) -> Result<Self, StoreError> {
        check_changes(rows.table, &changes)?;
        rows.filter.extend(changes.iter().filter_map(Change::stays_in_range));
        Self::bound(Verb::Update, rows, Update { changes })
    }

    /// The changes, never empty, each column at most once.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.wanted.changes
    }
}
