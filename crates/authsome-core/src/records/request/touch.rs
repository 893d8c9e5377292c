//! [`TouchRequest`].

use super::check::check_identified;
use super::reach::Verb;
use super::{Selected, Selection};
use crate::error::StoreError;

/// What is wanted of a row that is touched.
#[derive(Clone, Debug)]
pub struct Touch(());

/// Write a row without changing it, so that transactions that touch the same row exclude each other.
pub type TouchRequest = Selected<Touch>;

impl TouchRequest {
    pub(crate) fn new(rows: Selection) -> Result<Self, StoreError> {
        check_identified(&rows)?;
        Self::bound(Verb::Touch, rows, Touch(()))
    }
}
