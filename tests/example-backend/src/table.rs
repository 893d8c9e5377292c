//! [`State`] and [`Table`]: what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::migration::AppliedStep;
use authsome_core::records::Row;
use authsome_core::schema::TableDef;
use authsome_core::value::Value;

/// A row by the names of its columns. A request lists the columns that its program knows, in that program's order; a
/// migration may have added others. By name, both fit. A column that is not in the map holds no value.
pub(crate) type StoredRow = BTreeMap<String, Value>;

/// A table and its rows, each under a number of its own that nobody outside sees.
#[derive(Clone)]
pub(crate) struct Table {
    /// What the migrations made, which may be more than a request knows.
    pub(crate) def: Arc<TableDef>,
    pub(crate) rows: BTreeMap<u64, Arc<StoredRow>>,
}

impl Table {
    pub(crate) fn new(def: TableDef) -> Self {
        Self { def: Arc::new(def), rows: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, row: Arc<StoredRow>) {
        let number = self.rows.last_key_value().map_or(0, |(last, _)| last + 1);
        self.rows.insert(number, row);
    }

    /// The numbers of the rows for which this holds.
    pub(crate) fn numbers(&self, holds: impl Fn(&StoredRow) -> bool) -> Vec<u64> {
        self.rows.iter().filter(|(_, row)| holds(row)).map(|(number, _)| *number).collect()
    }
}

/// The whole database at one moment. A clone shares its tables until one of the two changes them.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) tables: BTreeMap<String, Arc<Table>>,
    /// The migrations that were applied, oldest first; `None` before the first run.
    pub(crate) history: Option<Vec<AppliedStep>>,
}

impl State {
    /// The table that a request means. Before its migration ran, that is an error of the database and not an empty answer.
    pub(crate) fn table(&self, request: &TableDef) -> Result<&Table, StoreError> {
        let table = self.tables.get(&request.name).ok_or_else(|| missing(&request.name))?;
        match request.columns.iter().find(|column| table.def.find_column(&column.name).is_none()) {
            Some(column) => Err(missing(&format!("{}.{}", request.name, column.name))),
            None => Ok(table),
        }
    }

    /// The same, to be changed.
    pub(crate) fn table_mut(&mut self, request: &TableDef) -> Result<&mut Table, StoreError> {
        self.table(request)?;
        let table = self.tables.get_mut(&request.name).ok_or_else(|| missing(&request.name))?;
        Ok(Arc::make_mut(table))
    }
}

fn missing(what: &str) -> StoreError {
    StoreError::backend(format!("{what} does not exist: migrate first"))
}

/// A request's row as it is stored.
pub(crate) fn stored(request: &TableDef, row: &Row) -> Arc<StoredRow> {
    let names = request.columns.iter().map(|column| column.name.clone());
    Arc::new(names.zip(row.iter().cloned()).collect())
}

/// A stored row as a request reads it.
pub(crate) fn read(request: &TableDef, row: &StoredRow) -> Row {
    request.columns.iter().map(|column| value(row, &column.name).clone()).collect()
}

/// The value of a column.
pub(crate) fn value<'row>(row: &'row StoredRow, column: &str) -> &'row Value {
    row.get(column).unwrap_or(&Value::Null)
}
