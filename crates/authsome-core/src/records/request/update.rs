//! [`UpdateRequest`].

use super::check::{check_changes, check_identified, invalid};
use super::reach::Verb;
use super::{Change, Reach, Selected};
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;
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
    pub(crate) fn one(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        check_identified(table, reach, &filter)?;
        Self::new(table, reach, filter, changes)
    }

    /// A change of every row that is meant. A column of a unique index can only be emptied: which of several rows would be
    /// in conflict with which depends on their order.
    pub(crate) fn all(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        let uniques = table.uniques();
        let moves = |change: &&Change| {
            let empties = matches!(change, Change::Set { value: Value::Null, .. });
            let unique = uniques.iter().any(|index| index.columns.iter().any(|column| column == change.column()));
            unique && !empties
        };
        if let Some(change) = changes.iter().find(moves) {
            return Err(invalid(table, change.column(), "a unique key changes one row at a time"));
        }
        Self::new(table, reach, filter, changes)
    }

    fn new(
        table: &'static TableDef,
        reach: &Reach,
        mut filter: Vec<Predicate>,
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        check_changes(table, &changes)?;
        filter.extend(changes.iter().filter_map(Change::stays_in_range));
        Self::bound(Verb::Update, table, reach, filter, Update { changes })
    }

    /// The changes, never empty, each column at most once.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.wanted.changes
    }
}
