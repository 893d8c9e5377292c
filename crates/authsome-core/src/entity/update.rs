//! [`Update`].

use std::marker::PhantomData;

use super::{Column, Entity, Filter, Find};
use crate::error::StoreError;
use crate::records::{Change, Reach, Records, Selection, UpdateRequest};
use crate::value::{ColumnValue, Counter, Value};

/// Changes entities.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Update<E> {
    rows: Selection,
    changes: Vec<Change>,
    /// Whether an update without a change is allowed.
    may_be_empty: bool,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Update<E> {
    pub(super) fn new(reach: Reach) -> Self {
        let rows = Selection::new(E::table(), reach);
        Self { rows, changes: Vec::new(), may_be_empty: false, of: PhantomData }
    }

    /// Only those for which this holds too.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.rows.filter.push(filter.predicate);
        self
    }

    /// The column becomes the value.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what they set")]
    pub fn set<T: ColumnValue>(mut self, column: Column<E, T>, value: T) -> Self {
        self.changes.push(Change::Set { column: column.name, value: value.to_value() });
        self
    }

    /// The count grows by the amount, which may be negative. A row whose count would leave the range of its type does
    /// not match.
    pub fn increment<T: Counter>(mut self, column: Column<E, T>, by: i64) -> Self {
        self.changes.push(increment(column, by));
        self
    }

    /// Sets every column except id and scope to the value of `entity`, and overwrites changes of others since it was
    /// read;
    /// [`set_changed`](Self::set_changed) keeps theirs.
    pub fn set_all(self, entity: &E) -> Self {
        self.set_where(entity, |_, _| true)
    }

    /// Sets the columns in which `after` differs from `before` to the values of `after`, except id and scope.
    pub fn set_changed(mut self, before: &E, after: &E) -> Self {
        self.may_be_empty = true;
        let before = before.to_row();
        self.set_where(after, |position, value| before.get(position) != Some(value))
    }

    fn set_where(mut self, entity: &E, chosen: impl Fn(usize, &Value) -> bool) -> Self {
        let table = E::table();
        let key = table.primary_key();
        for (position, (column, value)) in table.columns.iter().zip(entity.to_row()).enumerate() {
            if !key.contains(&column.name) && chosen(position, &value) {
                self.changes.push(Change::Set { column: &column.name, value });
            }
        }
        self
    }

    /// Changes the one entity that the filter names by its id or a unique key, if the rest of the filter holds, and
    /// returns the changed entity. `None` if the filter did not hold.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`]; [`StoreError::Invalid`] if the filter may mean several.
    pub async fn one<R: Records + ?Sized>(self, records: &R) -> Result<Option<E>, StoreError> {
        if self.may_be_empty && self.changes.is_empty() {
            return Find::of(self.rows).one(records).await;
        }
        records.update(UpdateRequest::one(self.rows, self.changes)?).await?.map(E::from_row).transpose()
    }

    /// The same, for an entity that must exist.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a missing one, and those of [`Update::one`].
    pub async fn existing<R: Records + ?Sized>(self, records: &R) -> Result<E, StoreError> {
        self.one(records).await?.ok_or_else(|| StoreError::NotFound { table: E::table().name.clone() })
    }

    /// Changes all of them and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`].
    pub async fn all<R: Records + ?Sized>(self, records: &R) -> Result<u64, StoreError> {
        records.update_all(UpdateRequest::all(self.rows, self.changes)?).await
    }
}

pub(super) fn increment<E, T: Counter>(column: Column<E, T>, by: i64) -> Change {
    Change::Increment { column: column.name, by, min: T::MIN, max: T::MAX }
}
