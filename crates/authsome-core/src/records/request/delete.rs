//! [`DeleteRequest`].

use super::Reach;
use super::check::{check_filter, check_limit};
use super::reach::Verb;
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;

/// Delete rows.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    table: &'static TableDef,
    predicate: Predicate,
    limit: u32,
}

impl DeleteRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        limit: u32,
    ) -> Result<Self, StoreError> {
        check_limit(table, limit)?;
        check_filter(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(Verb::Delete, filter), limit })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which rows.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// How many at most. The backend chooses which.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }
}
