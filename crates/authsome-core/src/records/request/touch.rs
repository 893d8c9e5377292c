//! [`TouchRequest`].

use super::Reach;
use super::check::{check_filter, check_identified};
use super::reach::Verb;
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;

/// Write a row without changing it, so that transactions that touch the same row exclude each other.
#[derive(Clone, Debug)]
pub struct TouchRequest {
    table: &'static TableDef,
    predicate: Predicate,
}

impl TouchRequest {
    pub(crate) fn new(table: &'static TableDef, reach: &Reach, filter: Vec<Predicate>) -> Result<Self, StoreError> {
        check_filter(table, reach, &filter)?;
        check_identified(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(Verb::Touch, filter) })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which row.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }
}
