//! [`Upsert`].

use std::marker::PhantomData;

use super::update::increment;
use super::{Column, Entity};
use crate::error::StoreError;
use crate::records::{Change, Reach, Records, Row, UpsertRequest};
use crate::value::{ColumnValue, Counter};

/// Inserts an entity, or changes the existing one.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Upsert<E> {
    reach: Reach,
    row: Row,
    on: Vec<&'static str>,
    changes: Vec<Change>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Upsert<E> {
    pub(super) fn new(reach: Reach, row: Row) -> Self {
        Self { reach, row, on: vec![E::ID_COLUMN.name], changes: Vec::new(), of: PhantomData }
    }

    /// Goes by this unique key instead of the id; name its columns in the order of their declaration, without the
    /// scope's.
    pub fn on<T>(mut self, column: Column<E, T>) -> Self {
        if self.on == [E::ID_COLUMN.name] {
            self.on.clear();
        }
        self.on.push(column.name);
        self
    }

    /// Sets the column of an existing entity.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what they set")]
    pub fn set<T: ColumnValue>(mut self, column: Column<E, T>, value: T) -> Self {
        self.changes.push(Change::Set { column: column.name, value: value.to_value() });
        self
    }

    /// Adds the amount to the count of an existing entity. If the count would leave the range of its type, nothing is
    /// written and the store answers `Backend`.
    pub fn increment<T: Counter>(mut self, column: Column<E, T>, by: i64) -> Self {
        self.changes.push(increment(column, by));
        self
    }

    /// Runs it and returns the stored entity.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on another key, [`StoreError::Reference`].
    pub async fn run<R: Records + ?Sized>(self, records: &R) -> Result<E, StoreError> {
        let request = UpsertRequest::new(E::table(), &self.reach, self.row, &self.on, self.changes)?;
        E::from_row(records.upsert(request).await?)
    }
}
