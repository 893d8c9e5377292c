//! [`Index`]: rows in the order of some of their columns.

use std::ops::Bound;
use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::schema::{IndexDef, TableDef};
use authsome_core::value::Value;
use rpds::RedBlackTreeMapSync;

use crate::error::Refusal;
use crate::key::{self, Key};

/// A row as it is kept, its values in the order of the migrated table's columns.
pub(crate) type StoredRow = Arc<[Value]>;

/// The keys from `from` on, before `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Vec<u8>,
}

impl KeyRange {
    /// Every key that begins with `prefix`.
    pub(crate) fn of_prefix(prefix: Vec<u8>) -> Self {
        Self { to: key::after_prefix(&prefix), from: prefix }
    }
}

/// What an index is: its columns by their positions in a row.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: String,
    /// The declared columns, then those of the primary key that are not among them: no two rows have the same key, and
    /// rows that agree in the declared columns come in the order of their ids.
    pub(crate) columns: Vec<usize>,
    /// How many of the columns are declared.
    declared: usize,
    pub(crate) unique: bool,
    /// Rows in which this column holds a value are left out.
    pub(crate) only_where_null: Option<usize>,
}

impl Shape {
    fn new(index: &IndexDef, table: &TableDef) -> Result<Self, StoreError> {
        let position =
            |name: &String| table.position(name).ok_or_else(|| Refusal::NoColumn(table.name.clone(), name.clone()));
        let mut columns = index.columns.iter().map(position).collect::<Result<Vec<_>, _>>()?;
        for column in table.primary_key() {
            let column = position(&column)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(Self {
            name: index.name.clone(),
            columns,
            declared: index.columns.len(),
            unique: index.unique,
            only_where_null: index.only_where_null.as_ref().map(position).transpose()?,
        })
    }

    /// The declared columns.
    pub(crate) fn declared(&self) -> &[usize] {
        self.columns.get(..self.declared).unwrap_or_default()
    }
}

/// Rows in the order of some of their columns. A clone shares everything.
#[derive(Clone)]
pub(crate) struct Index {
    pub(crate) shape: Arc<Shape>,
    rows: RedBlackTreeMapSync<Key, StoredRow>,
}

impl Index {
    pub(crate) fn new(index: &IndexDef, table: &TableDef) -> Result<Self, StoreError> {
        Ok(Self { shape: Arc::new(Shape::new(index, table)?), rows: RedBlackTreeMapSync::new_sync() })
    }

    pub(crate) fn put(&mut self, row: &StoredRow) {
        if self.covers(row) {
            self.rows.insert_mut(self.key(row), Arc::clone(row));
        }
    }

    pub(crate) fn take(&mut self, row: &StoredRow) {
        if self.covers(row) {
            self.rows.remove_mut(&*self.key(row));
        }
    }

    /// Whether a row of the index forbids this one.
    pub(crate) fn forbids(&self, row: &StoredRow) -> bool {
        let values = || values(self.shape.declared(), row);
        self.shape.unique && self.covers(row) && !values().any(Value::is_null) && self.has(values())
    }

    /// Whether a row begins with these values, in the order of the index's columns.
    pub(crate) fn has<'v>(&self, values: impl IntoIterator<Item = &'v Value>) -> bool {
        let mut prefix = Vec::new();
        values.into_iter().for_each(|value| key::push(&mut prefix, value));
        self.range(&KeyRange::of_prefix(prefix)).next().is_some()
    }

    /// The rows of a range, smallest key first; from both ends.
    pub(crate) fn range<'t>(&'t self, range: &'t KeyRange) -> impl DoubleEndedIterator<Item = &'t StoredRow> + use<'t> {
        // The map refuses ranges that end before they begin.
        let rows = (range.from < range.to).then(|| {
            let bounds = (Bound::Included(range.from.as_slice()), Bound::Excluded(range.to.as_slice()));
            self.rows.range::<[u8], _>(bounds)
        });
        rows.into_iter().flatten().map(|(_, row)| row)
    }

    /// Every row, smallest key first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &StoredRow> {
        self.rows.values()
    }

    /// The row's key.
    pub(crate) fn key(&self, row: &StoredRow) -> Key {
        // A scope's ids take 34 bytes each.
        let mut key = Vec::with_capacity(self.shape.columns.len() * 34);
        values(&self.shape.columns, row).for_each(|value| key::push(&mut key, value));
        key.into()
    }

    fn covers(&self, row: &StoredRow) -> bool {
        self.shape.only_where_null.is_none_or(|column| row.get(column).is_none_or(Value::is_null))
    }
}

/// The values of a row in these columns.
pub(crate) fn values<'v>(columns: &'v [usize], row: &'v StoredRow) -> impl Iterator<Item = &'v Value> {
    columns.iter().map(|column| row.get(*column).unwrap_or(&Value::Null))
}
