//! [`Selected`]: what the requests that mean stored rows have in common.

use super::Reach;
use super::check::check_filter;
use super::reach::Verb;
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;

/// Rows of a table within their scope, and what is wanted of them.
#[derive(Clone, Debug)]
pub struct Selected<Wanted> {
    table: &'static TableDef,
    predicate: Predicate,
    pub(super) wanted: Wanted,
}

impl<Wanted> Selected<Wanted> {
    pub(super) fn bound(
        verb: Verb,
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        wanted: Wanted,
    ) -> Result<Self, StoreError> {
        check_filter(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(verb, filter), wanted })
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
}
