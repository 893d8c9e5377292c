//! [`DeleteRequest`].

use super::check::check_limit;
use super::reach::Verb;
use super::{Reach, Selected};
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;

/// What is wanted of rows that are deleted.
#[derive(Clone, Debug)]
pub struct Delete {
    limit: u32,
}

/// Delete rows.
pub type DeleteRequest = Selected<Delete>;

impl DeleteRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        limit: u32,
    ) -> Result<Self, StoreError> {
        check_limit(table, limit)?;
        Self::bound(Verb::Delete, table, reach, filter, Delete { limit })
    }

    /// How many at most. Which ones, where more are meant, is not said.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.wanted.limit
    }
}
