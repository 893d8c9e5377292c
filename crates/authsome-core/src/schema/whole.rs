//! A whole schema: the tables that a list of operations makes.

use std::collections::BTreeMap;

use super::{IndexDef, TableDef};
use crate::migration::Operation;
use crate::value::ColumnType;

/// The tables of a database, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The tables.
    pub tables: BTreeMap<String, TableDef>,
}

/// An operation that does not fit the schema before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A table to create exists already.
    #[error("table {0} exists already")]
    TableExists(String),
    /// A table to change does not exist.
    #[error("table {0} does not exist")]
    NoTable(String),
    /// Another table refers to a table to drop.
    #[error("table {0} is referred to by {1}")]
    TableInUse(String, String),
    /// A column to create exists already.
    #[error("column {0}.{1} exists already")]
    ColumnExists(String, String),
    /// A named column does not exist.
    #[error("column {0}.{1} does not exist")]
    NoColumn(String, String),
    /// A column to add is not nullable, and the table may have rows.
    #[error("column {0}.{1} must be nullable, because the table may have rows")]
    NotNullable(String, String),
    /// An index to create exists already.
    #[error("index {0} exists already")]
    IndexExists(String),
    /// A column to drop is part of a key, an index or a reference.
    #[error("column {0}.{1} is part of {2}")]
    ColumnInUse(String, String, String),
    /// A name that some databases would cut.
    #[error("the name {0} is empty or longer than 63 bytes")]
    NameTooLong(String),
    /// A unique key that some databases cannot index.
    #[error("the columns of {0} are too long for a unique key: declare shorter ones")]
    KeyTooLong(String),
    /// An index to drop does not exist.
    #[error("index {0} does not exist")]
    NoIndex(String),
}

impl Schema {
    /// The schema after `operation`. Raw statements do not change it.
    ///
    /// # Errors
    /// [`SchemaError`] if the operation does not fit; the schema is unchanged then.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), SchemaError> {
        match operation {
            Operation::CreateTable(table) => {
                if self.tables.contains_key(&table.name) {
                    return Err(SchemaError::TableExists(table.name.clone()));
                }
                check_columns(table)?;
                for (position, index) in table.indexes.iter().enumerate() {
                    if table.indexes.iter().take(position).any(|earlier| earlier.name == index.name) {
                        return Err(SchemaError::IndexExists(index.name.clone()));
                    }
                    self.check_index_name(&index.name)?;
                    check_index(table, index)?;
                }
                for column in table.references.iter().flat_map(|reference| &reference.columns) {
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
                let refers = |other: &&TableDef| {
                    &other.name != table && other.references.iter().any(|reference| &reference.parent == table)
                };
                if let Some(child) = self.tables.values().find(refers) {
                    return Err(SchemaError::TableInUse(table.clone(), child.name.clone()));
                }
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
                if let Some(user) = user_of(found, column) {
                    return Err(SchemaError::ColumnInUse(table.clone(), column.clone(), user));
                }
                found.columns.remove(position);
            }
            Operation::CreateIndex { table, index } => {
                self.check_index_name(&index.name)?;
                let found = self.table_mut(table)?;
                check_index(found, index)?;
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

    /// Names of indexes are unique in the database.
    fn check_index_name(&self, name: &str) -> Result<(), SchemaError> {
        let taken = self.tables.values().flat_map(|table| &table.indexes).any(|index| index.name == name);
        if taken { Err(SchemaError::IndexExists(name.to_owned())) } else { Ok(()) }
    }

    fn table_mut(&mut self, name: &str) -> Result<&mut TableDef, SchemaError> {
        self.tables.get_mut(name).ok_or_else(|| SchemaError::NoTable(name.to_owned()))
    }
}

/// Longest name, in bytes, that every database keeps whole.
const MAX_NAME: usize = 63;
/// Most bytes of a unique key that every database can index.
const MAX_UNIQUE_KEY: u64 = 2_600;

fn check_columns(table: &TableDef) -> Result<(), SchemaError> {
    let constraints = table.references.iter().map(|reference| &reference.name);
    for name in table.columns.iter().map(|column| &column.name).chain(constraints).chain([&table.name]) {
        check_name(name)?;
    }
    for (position, column) in table.columns.iter().enumerate() {
        if table.columns.iter().take(position).any(|earlier| earlier.name == column.name) {
            return Err(SchemaError::ColumnExists(table.name.clone(), column.name.clone()));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), SchemaError> {
    if name.is_empty() || name.len() > MAX_NAME { Err(SchemaError::NameTooLong(name.to_owned())) } else { Ok(()) }
}

fn check_index(table: &TableDef, index: &IndexDef) -> Result<(), SchemaError> {
    check_name(&index.name)?;
    let mut bytes = 0_u64;
    for name in index.columns.iter().chain(&index.only_where_null) {
        let column = table.find_column(name);
        let column = column.ok_or_else(|| SchemaError::NoColumn(table.name.clone(), name.clone()))?;
        if index.columns.contains(name) {
            let width = if column.ty == ColumnType::Text { 4 } else { 1 };
            bytes += u64::from(column.max_len.unwrap_or(8)) * width;
        }
    }
    if index.unique && bytes > MAX_UNIQUE_KEY {
        return Err(SchemaError::KeyTooLong(index.name.clone()));
    }
    Ok(())
}

/// The key, index or reference that uses a column, so that it cannot be dropped.
fn user_of(table: &TableDef, column: &str) -> Option<String> {
    if table.primary_key().iter().any(|name| name == column) {
        return Some(table.primary_key_name());
    }
    let index = table.indexes.iter().find(|index| {
        index.columns.iter().any(|name| name == column) || index.only_where_null.as_deref() == Some(column)
    });
    let reference = table.references.iter().find(|reference| reference.columns.iter().any(|name| name == column));
    index.map(|index| index.name.clone()).or_else(|| reference.map(|reference| reference.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ColumnDef, IndexDef, ScopeLevel};
    use crate::value::ColumnType;

    fn table(name: &str, index: &str) -> Operation {
        let id = ColumnDef::new("id", ColumnType::Text);
        let table = TableDef::new(name, ScopeLevel::Global, id)
            .column(ColumnDef::new("slug", ColumnType::Text))
            .index(IndexDef::plain(index, &["slug"]));
        Operation::CreateTable(table)
    }

    #[test]
    fn an_index_name_is_unique_in_the_database() {
        let mut schema = Schema::default();
        schema.apply(&table("a", "i")).unwrap();
        assert_eq!(schema.apply(&table("b", "i")), Err(SchemaError::IndexExists("i".to_owned())));
        let index = IndexDef::plain("i", &["slug"]);
        schema.apply(&table("b", "j")).unwrap();
        let create = Operation::CreateIndex { table: "b".to_owned(), index };
        assert_eq!(schema.apply(&create), Err(SchemaError::IndexExists("i".to_owned())));
    }

    #[test]
    fn a_column_that_is_named_elsewhere_is_not_dropped() {
        let mut schema = Schema::default();
        schema.apply(&table("a", "i")).unwrap();
        for (column, user) in [("slug", "i"), ("id", "a_pkey")] {
            let drop = Operation::DropColumn { table: "a".to_owned(), column: column.to_owned() };
            let error = SchemaError::ColumnInUse("a".to_owned(), column.to_owned(), user.to_owned());
            assert_eq!(schema.apply(&drop), Err(error));
        }
    }
}
