//! One table: columns, primary key, indexes, references.

use serde::{Deserialize, Serialize};

use crate::scope::ScopeLevel;
use crate::value::{ColumnType, Value};

/// How many code points a text column holds by default.
pub(super) const DEFAULT_MAX_LEN: u32 = 2_000;

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnDef {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// Whether it may hold no value.
    pub nullable: bool,
    /// Most code points of a text, most bytes of bytes or of a JSON document's text. Core checks it before a backend
    /// sees the value, so that all backends refuse alike.
    pub max_len: Option<u32>,
}

impl ColumnDef {
    /// A column that always holds a value. Text gets the default length.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: ColumnType) -> Self {
        let max_len = matches!(ty, ColumnType::Text).then_some(DEFAULT_MAX_LEN);
        Self { name: name.into(), ty, nullable: false, max_len }
    }

    /// The same column, allowed to hold no value.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same column with another greatest length.
    #[must_use]
    pub fn max_len(mut self, max_len: u32) -> Self {
        self.max_len = Some(max_len);
        self
    }
}

/// An index, unique or not. A row in which any of its columns is null is never in conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexDef {
    /// Name, unique in the database. A conflict reports it.
    pub name: String,
    /// Columns in order, scope columns included.
    pub columns: Vec<String>,
    /// Whether two rows may not agree in all columns.
    pub unique: bool,
    /// Only rows in which this column is null are indexed: the rows that are not soft-deleted.
    pub only_where_null: Option<String>,
}

impl IndexDef {
    /// An index that makes look-ups fast and forbids nothing.
    #[must_use]
    pub fn plain(name: &str, columns: &[&str]) -> Self {
        Self { name: name.to_owned(), columns: owned(columns), unique: false, only_where_null: None }
    }

    /// An index that two rows may not agree in.
    #[must_use]
    pub fn unique(name: &str, columns: &[&str]) -> Self {
        Self { unique: true, ..Self::plain(name, columns) }
    }

    /// The same index, led by the scope columns of a table of this level.
    #[must_use]
    pub fn within(mut self, level: ScopeLevel) -> Self {
        self.columns.splice(..0, owned(level.columns()));
        self
    }

    /// The same index over only the rows in which `column` is null.
    #[must_use]
    pub fn only_where_null(mut self, column: &str) -> Self {
        self.only_where_null = Some(column.to_owned());
        self
    }

    /// Whether its first columns are these, in whatever order, and all rows are in it.
    fn leads_with(&self, columns: &[String]) -> bool {
        let first = self.columns.get(..columns.len());
        self.only_where_null.is_none() && first.is_some_and(|first| first.iter().all(|name| columns.contains(name)))
    }
}

/// What happens to children when their parent is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The children are deleted with it.
    Cascade,
    /// The deletion is refused with `StoreError::Reference` if a child remains at its end.
    Restrict,
}

/// A reference to a row of another table. A row in which any of its columns is null refers to nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceDef {
    /// Name, unique in the database. A dangling reference reports it.
    pub name: String,
    /// Columns here, scope columns first.
    pub columns: Vec<String>,
    /// The parent's table.
    pub parent: String,
    /// The parent's primary key, in the order of `columns`.
    pub parent_columns: Vec<String>,
    /// What deleting the parent does.
    pub on_delete: OnDelete,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableDef {
    /// Name.
    pub name: String,
    /// How it is scoped.
    pub scope: ScopeLevel,
    /// Name of the column that, with the scope columns before it, is the primary key.
    pub id: String,
    /// Columns: the scope columns, then the others, in the order of a row's values.
    pub columns: Vec<ColumnDef>,
    /// Indexes, in the order in which conflicts are reported.
    pub indexes: Vec<IndexDef>,
    /// References, in the order in which dangling ones are reported.
    pub references: Vec<ReferenceDef>,
}

impl TableDef {
    /// A table with its scope columns and its id column, to which the rest is added.
    #[must_use]
    pub fn new(name: &str, scope: ScopeLevel, id: ColumnDef) -> Self {
        let mut columns: Vec<ColumnDef> =
            scope.columns().iter().map(|column| ColumnDef::new(*column, ColumnType::Text).max_len(64)).collect();
        let id_name = id.name.clone();
        columns.push(id);
        Self { name: name.to_owned(), scope, id: id_name, columns, indexes: Vec::new(), references: Vec::new() }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: ColumnDef) -> Self {
        self.columns.push(column);
        self
    }

    /// Adds an index.
    #[must_use]
    pub fn index(mut self, index: IndexDef) -> Self {
        self.indexes.push(index);
        self
    }

    /// Adds a reference from `column` to the id of `parent`, which is scoped at `level`: the shared scope columns are
    /// part of the reference, so a row cannot point out of its environment. Named `<table>_<column>_fkey`.
    #[must_use]
    pub fn reference(
        mut self,
        column: &str,
        parent: &str,
        level: ScopeLevel,
        parent_id: &str,
        on_delete: OnDelete,
    ) -> Self {
        let mut columns = owned(level.columns());
        let mut parent_columns = columns.clone();
        if !columns.iter().any(|scope_column| scope_column == column) {
            columns.push(column.to_owned());
        }
        parent_columns.push(parent_id.to_owned());
        self.references.push(ReferenceDef {
            name: format!("{}_{column}_fkey", self.name),
            columns,
            parent: parent.to_owned(),
            parent_columns,
            on_delete,
        });
        self
    }

    /// The primary key: the scope columns and the id.
    #[must_use]
    pub fn primary_key(&self) -> Vec<String> {
        let mut key = owned(self.scope.columns());
        key.push(self.id.clone());
        key
    }

    /// The name that a conflict on the primary key reports.
    #[must_use]
    pub fn primary_key_name(&self) -> String {
        format!("{}_pkey", self.name)
    }

    /// The primary key as an index.
    #[must_use]
    pub fn primary_index(&self) -> IndexDef {
        IndexDef { columns: self.primary_key(), ..IndexDef::unique(&self.primary_key_name(), &[]) }
    }

    /// The primary key as an index, then the declared unique indexes: the order in which conflicts are reported.
    #[must_use]
    pub fn uniques(&self) -> Vec<IndexDef> {
        let declared = self.indexes.iter().filter(|index| index.unique).cloned();
        std::iter::once(self.primary_index()).chain(declared).collect()
    }

    /// The declared indexes, then one of its name for each reference by which no index finds the children of a parent:
    /// for a backend whose database would walk all rows then.
    #[must_use]
    pub fn secondary_indexes(&self) -> Vec<IndexDef> {
        let primary = self.primary_index();
        let unserved = self.references.iter().filter(|reference| {
            !std::iter::once(&primary).chain(&self.indexes).any(|index| index.leads_with(&reference.columns))
        });
        let own = |reference: &ReferenceDef| IndexDef {
            columns: reference.columns.clone(),
            ..IndexDef::plain(&reference.name, &[])
        };
        self.indexes.iter().cloned().chain(unserved.map(own)).collect()
    }

    /// Whether one row at most can have given values in the columns for which `is_fixed` is true, and none in those of
    /// `nulls`: a unique key lies within them, with its condition.
    pub(crate) fn tells_apart(&self, is_fixed: impl Fn(&str) -> bool, nulls: &[&str]) -> bool {
        self.uniques().iter().any(|unique| {
            unique.columns.iter().all(|column| is_fixed(column))
                && unique.only_where_null.as_ref().is_none_or(|column| nulls.contains(&column.as_str()))
        })
    }

    /// The column of this name.
    #[must_use]
    pub fn find_column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Where the values of this column stand in a row.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The value of a column in a row of this table.
    #[must_use]
    pub fn value_of<'row>(&self, row: &'row [Value], name: &str) -> Option<&'row Value> {
        self.position(name).and_then(|position| row.get(position))
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
