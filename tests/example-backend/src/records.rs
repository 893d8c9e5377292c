//! What each verb does to a [`State`]. After an error the state may be half changed: callers work on a copy and drop it.

use std::cmp::Ordering;
use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::records::{
    Change, CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, Predicate, Row, TouchRequest,
    UpdateRequest, UpsertRequest,
};
use authsome_core::schema::TableDef;
use authsome_core::value::Value;

use crate::filter::{compare, holds};
use crate::table::{State, StoredRow, read, stored, value};

impl State {
    /// Row by row: each is looked at in the light of those before it, also of those of the same request. A row that
    /// `if_absent` leaves out is not looked at any further, so what it refers to need not be there.
    pub(crate) fn insert(&mut self, request: &InsertRequest) -> Result<u64, StoreError> {
        let table = self.table_mut(request.table())?;
        let mut added = Vec::new();
        for row in request.rows() {
            let row = stored(request.table(), row);
            match table.conflict(&row, None) {
                Some(_) if request.if_absent() => continue,
                Some(constraint) => return Err(StoreError::Conflict { constraint }),
                None => {}
            }
            table.add(Arc::clone(&row));
            added.push(row);
        }
        self.check_parents(request.table(), &added)?;
        Ok(count(added.len()))
    }

    /// Ordered by the column, then by the id in the same direction: rows that agree must not change places between pages.
    pub(crate) fn find(&self, request: &FindRequest) -> Result<Vec<Row>, StoreError> {
        let table = self.table(request.table())?;
        let order = request.order();
        let mut rows: Vec<&Arc<StoredRow>> =
            table.rows.values().filter(|row| holds(request.predicate(), row)).collect();
        rows.sort_by(|left, right| {
            let by = |column: &str| compare(value(left, column), value(right, column)).unwrap_or(Ordering::Equal);
            let rising = by(order.column).then_with(|| by(&table.def.id));
            if order.direction == Direction::Ascending { rising } else { rising.reverse() }
        });
        rows.truncate(at_most(request.limit()));
        Ok(rows.into_iter().map(|row| read(request.table(), row)).collect())
    }

    pub(crate) fn count(&self, request: &CountRequest) -> Result<u64, StoreError> {
        Ok(count(self.meant(request.table(), request.predicate())?.len()))
    }

    /// Compare-and-set: that the predicate holds and that the row changes is one step, because one lock is held over both.
    pub(crate) fn update(&mut self, request: &UpdateRequest) -> Result<Option<Row>, StoreError> {
        let numbers = self.meant(request.table(), request.predicate())?;
        let changed = self.change(request.table(), &numbers, request.changes())?;
        Ok(changed.first().map(|row| read(request.table(), row)))
    }

    /// Counts every row that is meant, also one that has the new values already.
    pub(crate) fn update_all(&mut self, request: &UpdateRequest) -> Result<u64, StoreError> {
        let numbers = self.meant(request.table(), request.predicate())?;
        Ok(count(self.change(request.table(), &numbers, request.changes())?.len()))
    }

    /// The key alone decides between the two. A conflict on another key is one, whichever it is.
    pub(crate) fn upsert(&mut self, request: &UpsertRequest) -> Result<Row, StoreError> {
        let row = stored(request.table(), request.row());
        let same = |other: &StoredRow| request.key().iter().all(|column| value(&row, column) == value(other, column));
        let present = self.table(request.table())?.numbers(same);
        if !present.is_empty() {
            let changed = self.change(request.table(), &present, request.changes())?;
            return Ok(changed.first().map_or_else(Row::new, |row| read(request.table(), row)));
        }
        let table = self.table_mut(request.table())?;
        if let Some(constraint) = table.conflict(&row, None) {
            return Err(StoreError::Conflict { constraint });
        }
        table.add(Arc::clone(&row));
        self.check_parents(request.table(), &[row])?;
        Ok(request.row().clone())
    }

    /// At most `limit` rows of the table itself; what falls with them does not count.
    pub(crate) fn delete(&mut self, request: &DeleteRequest) -> Result<u64, StoreError> {
        let mut numbers = self.meant(request.table(), request.predicate())?;
        numbers.truncate(at_most(request.limit()));
        self.remove(request.table(), &numbers)?;
        Ok(count(numbers.len()))
    }

    /// Whether the row is there. That it counts as written is the transaction's part.
    pub(crate) fn touch(&self, request: &TouchRequest) -> Result<bool, StoreError> {
        Ok(!self.meant(request.table(), request.predicate())?.is_empty())
    }

    fn meant(&self, table: &TableDef, predicate: &Predicate) -> Result<Vec<u64>, StoreError> {
        Ok(self.table(table)?.numbers(|row| holds(predicate, row)))
    }

    /// Changes rows, one after the other, and returns them as they are afterwards.
    fn change(
        &mut self,
        request: &TableDef,
        numbers: &[u64],
        changes: &[Change],
    ) -> Result<Vec<Arc<StoredRow>>, StoreError> {
        let table = self.table_mut(request)?;
        let mut after = Vec::new();
        for number in numbers {
            let mut row = table.rows.get(number).map_or_else(StoredRow::new, |row| StoredRow::clone(row));
            for change in changes {
                row.insert(change.column().to_owned(), changed(value(&row, change.column()), change)?);
            }
            if let Some(constraint) = table.conflict(&row, Some(*number)) {
                return Err(StoreError::Conflict { constraint });
            }
            let row = Arc::new(row);
            table.rows.insert(*number, Arc::clone(&row));
            after.push(row);
        }
        self.check_parents(request, &after)?;
        Ok(after)
    }
}

/// A column's value after a change. An update never gets here with a count that would leave its range, since core adds the
/// range to its predicate; an upsert does, and is refused.
fn changed(before: &Value, change: &Change) -> Result<Value, StoreError> {
    match (change, before) {
        (Change::Set { value, .. }, _) => Ok(value.clone()),
        (Change::Increment { by, min, max, .. }, Value::Int(count)) => {
            let sum = count.checked_add(*by).filter(|sum| (min..=max).contains(&sum));
            sum.map(Value::Int).ok_or_else(|| StoreError::backend(format!("{} would leave its range", change.column())))
        }
        (Change::Increment { .. }, _) => Err(StoreError::backend(format!("{} is no count", change.column()))),
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
