//! [`TouchRequest`].

use super::check::check_identified;
use super::reach::Verb;
use super::{Reach, Selected};
use crate::error::StoreError;
use crate::records::Predicate;
use crate::schema::TableDef;

/// What is wanted of a row that is touched.
#[derive(Clone, Debug)]
pub struct Touch(());

/// Write a row without changing it, so that transactions that touch the same row exclude each other.
pub type TouchRequest = Selected<Touch>;

impl TouchRequest {
    pub(crate) fn new(table: &'static TableDef, reach: &Reach, filter: Vec<Predicate>) -> Result<Self, StoreError> {
        check_identified(table, reach, &filter)?;
        Self::bound(Verb::Touch, table, reach, filter, Touch(()))
    }
}
