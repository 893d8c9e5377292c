//! [`Layout`]: between a request's columns and those of the migrated table, which may stand in another order.

use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::records::{Change, Row};
use authsome_core::schema::TableDef;
use authsome_core::value::Value;

use crate::error::Refusal;
use crate::index::StoredRow;

/// Where each column of a request stands in a stored row.
pub(crate) struct Layout<'t> {
    positions: Vec<usize>,
    stored: &'t TableDef,
}

impl<'t> Layout<'t> {
    pub(crate) fn new(request: &TableDef, stored: &'t TableDef) -> Result<Self, StoreError> {
        let positions = request.columns.iter().enumerate().map(|(position, column)| {
            let in_place = stored.columns.get(position).is_some_and(|same| same.name == column.name);
            if in_place { Ok(position) } else { position_of(stored, &column.name) }
        });
        Ok(Self { positions: positions.collect::<Result<_, _>>()?, stored })
    }

    /// A request's row as it is stored. Columns that the request does not know hold no value.
    pub(crate) fn stored(&self, row: &Row) -> Result<StoredRow, StoreError> {
        let mut values = vec![Value::Null; self.stored.columns.len()];
        for (position, value) in self.positions.iter().zip(row) {
            if let Some(slot) = values.get_mut(*position) {
                slot.clone_from(value);
            }
        }
        for (position, value) in values.iter().enumerate() {
            check_null(self.stored, position, value)?;
        }
        Ok(values.into())
    }

    /// A stored row as the request reads it.
    pub(crate) fn read(&self, row: &StoredRow) -> Row {
        self.positions.iter().map(|position| row.get(*position).cloned().unwrap_or(Value::Null)).collect()
    }
}

/// Where a column stands in a stored row.
pub(crate) fn position_of(table: &TableDef, column: &str) -> Result<usize, StoreError> {
    Ok(table.position(column).ok_or_else(|| Refusal::NoColumn(table.name.clone(), column.to_owned()))?)
}

/// The row after the changes.
pub(crate) fn changed(row: &StoredRow, changes: &[Change], table: &TableDef) -> Result<StoredRow, StoreError> {
    let mut row = Arc::clone(row);
    let values = Arc::make_mut(&mut row);
    for change in changes {
        let position = position_of(table, change.column())?;
        if let Some(slot) = values.get_mut(position) {
            *slot = changed_value(slot, change, table)?;
            check_null(table, position, slot)?;
        }
    }
    Ok(row)
}

fn changed_value(value: &Value, change: &Change, table: &TableDef) -> Result<Value, StoreError> {
    match (change, value) {
        (Change::Set { value, .. }, _) => Some(value.clone()),
        (Change::Increment { by, min, max, .. }, Value::Int(count)) => {
            count.checked_add(*by).filter(|count| (min..=max).contains(&count)).map(Value::Int)
        }
        (Change::Increment { .. }, _) => None,
    }
    .ok_or_else(|| Refusal::Overflow(table.name.clone(), change.column().to_owned()).into())
}

fn check_null(table: &TableDef, position: usize, value: &Value) -> Result<(), StoreError> {
    match table.columns.get(position) {
        Some(column) if value.is_null() && !column.nullable => {
            Err(Refusal::NullValue(table.name.clone(), column.name.clone()).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authsome_core::schema::{ColumnDef, ScopeLevel};
    use authsome_core::value::ColumnType;

    #[test]
    fn a_count_does_not_wrap() {
        let table = TableDef::new("test_counts", ScopeLevel::Global, ColumnDef::new("count", ColumnType::Int));
        let grown = |from, by| {
            let change = Change::Increment { column: "count", by, min: i64::MIN, max: i64::MAX };
            changed(&[Value::Int(from)].into(), &[change], &table)
        };
        assert!(matches!(grown(i64::MAX, 1), Err(StoreError::Backend { .. })));
        assert!(matches!(grown(i64::MIN, -1), Err(StoreError::Backend { .. })));
        assert_eq!(*grown(i64::MAX - 1, 1).unwrap(), [Value::Int(i64::MAX)]);
    }
}
