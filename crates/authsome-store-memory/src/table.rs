//! [`Table`]: the rows of a table, in the order of its primary key and of each of its indexes.

use std::iter;
use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::schema::TableDef;

use crate::index::{Index, StoredRow};

/// A table. A clone shares everything.
#[derive(Clone)]
pub(crate) struct Table {
    /// What the migrations made.
    pub(crate) def: Arc<TableDef>,
    primary: Index,
    /// [`TableDef::secondary_indexes`].
    secondary: Vec<Index>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(def: TableDef) -> Result<Self, StoreError> {
        Ok(Self {
            primary: Index::new(&def.primary_index(), &def)?,
            secondary: def.secondary_indexes().iter().map(|index| Index::new(index, &def)).collect::<Result<_, _>>()?,
            def: Arc::new(def),
        })
    }

    /// The same rows, each converted, in a table of another definition.
    pub(crate) fn converted(
        &self,
        def: TableDef,
        convert: impl Fn(&StoredRow) -> StoredRow,
    ) -> Result<Self, StoreError> {
        let mut table = Self::new(def)?;
        for row in self.primary.rows() {
            let row = convert(row);
            if let Some(conflict) = table.conflict(&row) {
                return Err(table.conflict_error(conflict));
            }
            table.put(&row);
        }
        Ok(table)
    }

    /// The indexes in the order in which conflicts are reported, the primary key's first.
    fn indexes(&self) -> impl Iterator<Item = &Index> {
        iter::once(&self.primary).chain(&self.secondary)
    }

    pub(crate) fn primary(&self) -> &Index {
        &self.primary
    }

    pub(crate) fn secondary(&self) -> &[Index] {
        &self.secondary
    }

    /// The first of the indexes that forbids the row.
    pub(crate) fn conflict(&self, row: &StoredRow) -> Option<usize> {
        self.indexes().position(|index| index.forbids(row))
    }

    /// What a conflict on the index at this position is reported as.
    pub(crate) fn conflict_error(&self, position: usize) -> StoreError {
        let constraint = self.indexes().nth(position).map_or_else(String::new, |index| index.shape.name.clone());
        StoreError::Conflict { constraint }
    }

    pub(crate) fn put(&mut self, row: &StoredRow) {
        iter::once(&mut self.primary).chain(&mut self.secondary).for_each(|index| index.put(row));
    }

    pub(crate) fn take(&mut self, row: &StoredRow) {
        iter::once(&mut self.primary).chain(&mut self.secondary).for_each(|index| index.take(row));
    }
}
