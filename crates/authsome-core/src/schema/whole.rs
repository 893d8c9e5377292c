//! A whole schema: the tables that a list of operations makes.

use std::collections::BTreeMap;

use super::TableDef;
use crate::migration::Operation;

/// The tables of a database, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The tables.
    pub tables: BTreeMap<String, TableDef>,
}

/// An operation that does not fit the schema before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A table that is to be made exists.
    #[error("table {0} exists already")]
    TableExists(String),
    /// A table that is to be changed does not exist.
    #[error("table {0} does not exist")]
    NoTable(String),
    /// A column that is to be made exists.
    #[error("column {0}.{1} exists already")]
    ColumnExists(String, String),
    /// A column that is named does not exist.
    #[error("column {0}.{1} does not exist")]
    NoColumn(String, String),
    /// A column that always holds a value is added to a table that may have rows.
    #[error("column {0}.{1} must be nullable, because the table may have rows")]
    NotNullable(String, String),
    /// An index that is to be made exists.
    #[error("index {0} exists already")]
    IndexExists(String),
    /// An index that is to be dropped does not exist.
    #[error("index {0} does not exist")]
    NoIndex(String),
}

impl Schema {
    /// The schema after `operation`. Raw statements change nothing that a schema knows.
    ///
    /// # Errors
    /// [`SchemaError`] where the operation does not fit; the schema is unchanged then.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), SchemaError> {
        match operation {
            Operation::CreateTable(table) => {
                if self.tables.contains_key(&table.name) {
                    return Err(SchemaError::TableExists(table.name.clone()));
                }
                let named = table.indexes.iter().flat_map(|index| &index.columns);
                for column in named.chain(table.references.iter().flat_map(|reference| &reference.columns)) {
                    if table.find_column(column).is_none() {
                        return Err(SchemaError::NoColumn(table.name.clone(), column.clone()));
                    }
                }
                for reference in &table.references {
                    if reference.parent != table.name && !self.tables.contains_key(&reference.parent) {
                        return Err(SchemaError::NoTable(reference.parent.clone()));
                    }
                }
                self.tables.insert(table.name.clone(), table.clone());
            }
            Operation::DropTable { table } => {
                self.tables.remove(table).ok_or_else(|| SchemaError::NoTable(table.clone()))?;
            }
            Operation::AddColumn { table, column } => {
                let found = self.table_mut(table)?;
                if found.find_column(&column.name).is_some() {
                    return Err(SchemaError::ColumnExists(table.clone(), column.name.clone()));
                }
                if !column.nullable {
                    return Err(SchemaError::NotNullable(table.clone(), column.name.clone()));
                }
                found.columns.push(column.clone());
            }
            Operation::DropColumn { table, column } => {
                let found = self.table_mut(table)?;
                let position =
                    found.position(column).ok_or_else(|| SchemaError::NoColumn(table.clone(), column.clone()))?;
                found.columns.remove(position);
            }
            Operation::CreateIndex { table, index } => {
                let found = self.table_mut(table)?;
                if found.indexes.iter().any(|existing| existing.name == index.name) {
                    return Err(SchemaError::IndexExists(index.name.clone()));
                }
                for column in &index.columns {
                    if found.find_column(column).is_none() {
                        return Err(SchemaError::NoColumn(table.clone(), column.clone()));
                    }
                }
                found.indexes.push(index.clone());
            }
            Operation::DropIndex { table, index } => {
                let found = self.table_mut(table)?;
                let position = found.indexes.iter().position(|existing| &existing.name == index);
                found.indexes.remove(position.ok_or_else(|| SchemaError::NoIndex(index.clone()))?);
            }
            Operation::Raw { .. } => {}
        }
        Ok(())
    }

    fn table_mut(&mut self, name: &str) -> Result<&mut TableDef, SchemaError> {
        self.tables.get_mut(name).ok_or_else(|| SchemaError::NoTable(name.to_owned()))
    }
}
