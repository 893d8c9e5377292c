//! [`UpsertRequest`].

use super::check::{check_changes, check_row, invalid};
use super::reach::Verb;
use super::{Change, Reach};
use crate::error::StoreError;
use crate::records::Row;
use crate::schema::TableDef;
use crate::value::Value;

/// Insert a row, or change the existing one.
#[derive(Clone, Debug)]
pub struct UpsertRequest {
    table: &'static TableDef,
    row: Row,
    key: Vec<String>,
    changes: Vec<Change>,
}

impl UpsertRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        row: Row,
        on: &[&'static str],
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        reach.check(table)?;
        check_row(table, reach, Verb::Upsert, &row)?;
        check_changes(table, &changes)?;
        let key: Vec<String> = table.scope.columns().iter().chain(on).map(|column| (*column).to_owned()).collect();
        let known = table.uniques().iter().any(|unique| unique.only_where_null.is_none() && unique.columns == key);
        if !known {
            return Err(invalid(table, "key", "an upsert needs the id or a unique key without a condition"));
        }
        if key.iter().any(|column| table.value_of(&row, column).is_none_or(Value::is_null)) {
            return Err(invalid(table, "key", "the key of an upsert must have a value"));
        }
        if changes.iter().any(|change| key.iter().any(|column| column == change.column())) {
            return Err(invalid(table, "changes", "an upsert cannot change its key"));
        }
        Ok(Self { table, row, key, changes })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// The row to insert if no row has its key.
    #[must_use]
    pub const fn row(&self) -> &Row {
        &self.row
    }

    /// The columns of the deciding primary key or unique index, scope columns included, never null.
    #[must_use]
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// The changes of an existing row, never empty.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}
