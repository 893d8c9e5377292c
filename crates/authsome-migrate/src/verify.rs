//! [`Difference`]: how a live database differs from its declaration.

use std::fmt;

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{ColumnDef, Schema, TableDef};
use authsome_core::value::ColumnType;

use crate::history::HistoryFault;
use crate::step_ref::StepRef;

/// One difference of a database from its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The history has a fault.
    History(HistoryFault),
    /// A declared step is not applied.
    Pending(StepRef),
    /// A table is missing.
    MissingTable {
        /// The table.
        table: String,
    },
    /// A column is missing.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column is undeclared.
    ExtraColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column is of another type.
    ColumnType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The declared type.
        declared: ColumnType,
        /// The live type; `None` for a type that Authsome does not make.
        live: Option<ColumnType>,
    },
    /// A column is nullable and should not be, or the reverse.
    Nullability {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Whether it may, as declared.
        declared: bool,
    },
    /// The primary key has other columns, or another order of them.
    PrimaryKey {
        /// The table.
        table: String,
        /// The columns of the live key; empty without one.
        live: Vec<String>,
    },
    /// An index is missing.
    MissingIndex {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// An index is undeclared.
    ExtraIndex {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// An index has other columns, another order of them, or differs in being unique or in its condition.
    Index {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// A reference is missing.
    MissingReference {
        /// The table.
        table: String,
        /// The reference.
        reference: String,
    },
    /// A reference is undeclared.
    ExtraReference {
        /// The table.
        table: String,
        /// The reference.
        reference: String,
    },
    /// A reference has other columns, points elsewhere, or differs in what a deletion does.
    Reference {
        /// The table.
        table: String,
        /// The reference.
        reference: String,
    },
    /// A table has a property that no declaration can make.
    Surprise {
        /// The table.
        table: String,
        /// The property, as a sentence part that follows the table's name.
        what: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(fault) => fault.fmt(f),
            Self::Pending(step) => write!(f, "migration {step} is pending"),
            Self::MissingTable { table } => write!(f, "table {table} is missing"),
            Self::MissingColumn { table, column } => write!(f, "column {table}.{column} is missing"),
            Self::ExtraColumn { table, column } => write!(f, "column {table}.{column} is not declared"),
            Self::ColumnType { table, column, declared, live: Some(live) } => {
                write!(f, "column {table}.{column} is {live:?}, declared as {declared:?}")
            }
            Self::ColumnType { table, column, declared, live: None } => {
                write!(f, "column {table}.{column} is of a foreign type, declared as {declared:?}")
            }
            Self::Nullability { table, column, declared: true } => {
                write!(f, "column {table}.{column} must hold a value, declared as nullable")
            }
            Self::Nullability { table, column, declared: false } => {
                write!(f, "column {table}.{column} is nullable, declared as always holding a value")
            }
            Self::PrimaryKey { table, live } if live.is_empty() => write!(f, "table {table} has no primary key"),
            Self::PrimaryKey { table, live } => {
                write!(f, "the primary key of {table} is ({}), which differs from the declaration", live.join(", "))
            }
            Self::MissingIndex { table, index } => write!(f, "index {index} of {table} is missing"),
            Self::ExtraIndex { table, index } => write!(f, "index {index} of {table} is not declared"),
            Self::Index { table, index } => write!(f, "index {index} of {table} differs from its declaration"),
            Self::MissingReference { table, reference } => write!(f, "reference {reference} of {table} is missing"),
            Self::ExtraReference { table, reference } => write!(f, "reference {reference} of {table} is not declared"),
            Self::Reference { table, reference } => {
                write!(f, "reference {reference} of {table} differs from its declaration")
            }
            Self::Surprise { table, what } => write!(f, "table {table} {what}"),
        }
    }
}

/// How the live tables differ from the schema, table by table.
pub(crate) fn differences(schema: &Schema, live: &[LiveTable]) -> Vec<Difference> {
    let mut found = Vec::new();
    for declared in schema.tables.values() {
        match live.iter().find(|table| table.name == declared.name) {
            None => found.push(Difference::MissingTable { table: declared.name.clone() }),
            Some(table) => {
                columns(declared, table, &mut found);
                if table.primary_key != declared.primary_key() {
                    let live = table.primary_key.clone();
                    found.push(Difference::PrimaryKey { table: declared.name.clone(), live });
                }
                indexes(declared, table, &mut found);
                references(declared, table, &mut found);
                let surprise = |what: &String| Difference::Surprise { table: table.name.clone(), what: what.clone() };
                found.extend(table.surprises.iter().map(surprise));
            }
        }
    }
    found
}

fn columns(declared: &TableDef, live: &LiveTable, found: &mut Vec<Difference>) {
    let table = || declared.name.clone();
    for column in &declared.columns {
        match live.columns.iter().find(|other| other.name == column.name) {
            None => found.push(Difference::MissingColumn { table: table(), column: column.name.clone() }),
            Some(other) => one_column(table, column, other, found),
        }
    }
    for extra in live.columns.iter().filter(|column| declared.find_column(&column.name).is_none()) {
        found.push(Difference::ExtraColumn { table: table(), column: extra.name.clone() });
    }
}

fn one_column(table: impl Fn() -> String, declared: &ColumnDef, live: &LiveColumn, found: &mut Vec<Difference>) {
    let column = || declared.name.clone();
    if live.ty != Some(declared.ty) {
        found.push(Difference::ColumnType { table: table(), column: column(), declared: declared.ty, live: live.ty });
    }
    if live.nullable != declared.nullable {
        found.push(Difference::Nullability { table: table(), column: column(), declared: declared.nullable });
    }
}

fn indexes(declared: &TableDef, live: &LiveTable, found: &mut Vec<Difference>) {
    let table = || declared.name.clone();
    for index in &declared.indexes {
        match live.indexes.iter().find(|other| other.name == index.name) {
            None => found.push(Difference::MissingIndex { table: table(), index: index.name.clone() }),
            Some(other) if other != index => {
                found.push(Difference::Index { table: table(), index: index.name.clone() });
            }
            Some(_) => {}
        }
    }
    for extra in &live.indexes {
        if !declared.indexes.iter().any(|index| index.name == extra.name) {
            found.push(Difference::ExtraIndex { table: table(), index: extra.name.clone() });
        }
    }
}

fn references(declared: &TableDef, live: &LiveTable, found: &mut Vec<Difference>) {
    let table = || declared.name.clone();
    for reference in &declared.references {
        match live.references.iter().find(|other| other.name == reference.name) {
            None => found.push(Difference::MissingReference { table: table(), reference: reference.name.clone() }),
            Some(other) if other != reference => {
                found.push(Difference::Reference { table: table(), reference: reference.name.clone() });
            }
            Some(_) => {}
        }
    }
    for extra in &live.references {
        if !declared.references.iter().any(|reference| reference.name == extra.name) {
            found.push(Difference::ExtraReference { table: table(), reference: extra.name.clone() });
        }
    }
}
