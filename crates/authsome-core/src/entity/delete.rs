//! [`Delete`].

use std::marker::PhantomData;

use super::{Entity, Filter};
use crate::error::StoreError;
use crate::records::{Comparison, DeleteRequest, Reach, Records, Selection};

/// Deletes entities.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Delete<E> {
    rows: Selection,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Delete<E> {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { rows: Selection::new(E::table(), reach), of: PhantomData }
    }

    /// Only those for which this holds too.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.rows.filter.push(filter.predicate);
        self
    }

    /// Deletes at most `limit` of them (1 to 1,000) and says how many: a bounded batch.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if a row refers to one by `Restrict`.
    pub async fn batch<R: Records + ?Sized>(self, limit: u32, records: &R) -> Result<u64, StoreError> {
        records.delete(DeleteRequest::new(self.rows, limit)?).await
    }

    /// Deletes the one with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown id, [`StoreError::Reference`].
    pub async fn by_id<R: Records + ?Sized>(self, id: &E::Id, records: &R) -> Result<(), StoreError> {
        match self.filter(E::ID_COLUMN.against(Comparison::Equal, id)).batch(1, records).await? {
            0 => Err(StoreError::NotFound { table: E::table().name.clone() }),
            _ => Ok(()),
        }
    }
}
