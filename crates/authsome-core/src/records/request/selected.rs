//! [`Selected`]: what the requests that mean stored rows have in common, and [`Selection`], which they are made from.

use super::Reach;
use super::check::check_filter;
use super::reach::Verb;
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;

/// Rows of a table that a caller means.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(super) table: &'static TableDef,
    pub(super) reach: Reach,
    pub(crate) filter: Vec<Predicate>,
}

impl Selection {
    /// Every row in reach.
    pub(crate) const fn new(table: &'static TableDef, reach: Reach) -> Self {
        Self { table, reach, filter: Vec::new() }
    }
}

/// Rows of a table within their scope, and what is wanted of them.
#[derive(Clone, Debug)]
pub struct Selected<Wanted> {
    table: &'static TableDef,
    predicate: Predicate,
    pub(super) wanted: Wanted,
}

impl<Wanted> Selected<Wanted> {
    pub(super) fn bound(verb: Verb, rows: Selection, wanted: Wanted) -> Result<Self, StoreError> {
        check_filter(&rows)?;
        Ok(Self { table: rows.table, predicate: rows.reach.bind(verb, rows.filter), wanted })
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
