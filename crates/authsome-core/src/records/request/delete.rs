//! [`DeleteRequest`].

use super::check::check_limit;
use super::reach::Verb;
use super::{Selected, Selection};
use crate::error::StoreError;

/// What is wanted of rows that are deleted.
#[derive(Clone, Debug)]
pub struct Delete {
    limit: u32,
}

/// Delete rows.
pub type DeleteRequest = Selected<Delete>;

impl DeleteRequest {
    pub(crate) fn new(rows: Selection, limit: u32) -> Result<Self, StoreError> {
        check_limit(rows.table, limit)?;
        Self::bound(Verb::Delete, rows, Delete { limit })
    }

    /// How many at most. The backend chooses which.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.wanted.limit
    }
}
