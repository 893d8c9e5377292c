//! What the derive needs to read rows and to declare columns.

use super::Entity;
use crate::error::StoreError;
use crate::records::Row;
use crate::schema::{ColumnDef, TableDef};
use crate::scope::ScopeKind;
use crate::value::{ColumnValue, Value};

/// Reads the values of a row one by one. For the derive.
#[doc(hidden)]
#[derive(Debug)]
pub struct RowReader {
    table: &'static TableDef,
    values: std::vec::IntoIter<Value>,
    position: usize,
    id: String,
}

impl RowReader {
    #[must_use]
    pub fn new(table: &'static TableDef, row: Row) -> Self {
        let id = match table.value_of(&row, &table.id) {
            Some(Value::Text(text)) => text.clone(),
            _ => "?".to_owned(),
        };
        Self { table, values: row.into_iter(), position: 0, id }
    }

    /// The next value.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it does not fit.
    pub fn read<T: ColumnValue>(&mut self) -> Result<T, StoreError> {
        let column = self.table.columns.get(self.position);
        self.position += 1;
        let value = self.values.next();
        value.and_then(|value| T::from_value(value).ok()).ok_or_else(|| StoreError::Corrupt {
            table: self.table.name.clone(),
            column: column.map_or_else(String::new, |column| column.name.clone()),
            id: self.id.clone(),
        })
    }
}

/// The row of an entity that lives here: the values of the scope columns, then the others. For the derive.
#[doc(hidden)]
#[must_use]
pub fn row_of<E: Entity>(key: <E::Scope as ScopeKind>::Key<'_>, values: impl IntoIterator<Item = Value>) -> Row {
    E::Scope::columns(key).into_iter().map(|(_, value)| Value::Text(value)).chain(values).collect()
}

/// A column's definition for a field of type `T`. For the derive.
#[doc(hidden)]
#[must_use]
pub fn column_of<T: ColumnValue>(name: &str, max_len: Option<u32>) -> ColumnDef {
    let mut column = ColumnDef::new(name, T::TYPE);
    column.nullable = T::NULLABLE;
    column.max_len = T::MAX_LEN.or(column.max_len);
    if max_len.is_some() {
        column.max_len = max_len;
    }
    column
}
