//! [`InsertRequest`].

use super::Reach;
use super::check::{check_row, invalid};
use super::reach::Verb;
use crate::error::StoreError;
use crate::records::Row;
use crate::schema::TableDef;

/// The most rows that one insert takes.
pub const MAX_ROWS: usize = 500;

/// Insert rows, all or none.
#[derive(Clone, Debug)]
pub struct InsertRequest {
    table: &'static TableDef,
    rows: Vec<Row>,
    if_absent: bool,
}

impl InsertRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        rows: Vec<Row>,
        if_absent: bool,
    ) -> Result<Self, StoreError> {
        reach.check(table)?;
        if rows.is_empty() || rows.len() > MAX_ROWS {
            return Err(invalid(table, "rows", "insert between 1 and 500 rows at a time"));
        }
        for row in &rows {
            check_row(table, reach, Verb::Insert, row)?;
        }
        Ok(Self { table, rows, if_absent })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// The rows, their values in the order of the table's columns.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether a row that is in conflict with an existing row, or with an earlier row of this request, is skipped
    /// instead of failing the request.
    #[must_use]
    pub const fn if_absent(&self) -> bool {
        self.if_absent
    }
}
