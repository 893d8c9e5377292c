//! [`Difference`]: how a live database differs from its declaration.

use std::fmt;

use authsome_core::migration::{HistoryFault, LiveColumn, LiveTable};
use authsome_core::schema::{ColumnDef, IndexDef, ReferenceDef, Schema, TableDef};
use authsome_core::value::ColumnType;

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
    /// A part of a table is missing.
    Missing {
        /// The table.
        table: String,
        /// The part.
        part: Part,
    },
    /// A part of a table is undeclared.
    Extra {
        /// The table.
        table: String,
        /// The part.
        part: Part,
    },
    /// An index has other columns, another order of them, or differs in being unique or in its condition; or a reference
    /// has other columns, points elsewhere, or differs in what a deletion does.
    Changed {
        /// The table.
        table: String,
        /// The part.
        part: Part,
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
    /// A table has a property that no declaration can make.
    Surprise {
        /// The table.
        table: String,
        /// The property, as a sentence part that follows the table's name.
        what: String,
    },
}

/// A part of a table, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A column.
    Column(String),
    /// An index.
    Index(String),
    /// A reference.
    Reference(String),
}

impl Part {
    fn of(&self, table: &str) -> String {
        match self {
            Self::Column(column) => format!("column {table}.{column}"),
            Self::Index(index) => format!("index {index} of {table}"),
            Self::Reference(reference) => format!("reference {reference} of {table}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(fault) => fault.fmt(f),
            Self::Pending(step) => write!(f, "migration {step} is pending"),
            Self::MissingTable { table } => write!(f, "table {table} is missing"),
            Self::Missing { table, part } => write!(f, "{} is missing", part.of(table)),
            Self::Extra { table, part } => write!(f, "{} is not declared", part.of(table)),
            Self::Changed { table, part } => write!(f, "{} differs from its declaration", part.of(table)),
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
            Some(table) => compare(declared, table, &mut found),
        }
    }
    found
}

fn compare(declared: &TableDef, live: &LiveTable, found: &mut Vec<Difference>) {
    let table = &declared.name;
    let column = |column: &ColumnDef| Part::Column(column.name.clone());
    let live_column = |column: &LiveColumn| Part::Column(column.name.clone());
    found.extend(parts(table, (&declared.columns, column), (&live.columns, live_column), in_column));
    if live.primary_key != declared.primary_key() {
        found.push(Difference::PrimaryKey { table: table.clone(), live: live.primary_key.clone() });
    }
    let index = |index: &IndexDef| Part::Index(index.name.clone());
    found.extend(parts(table, (&declared.indexes, index), (&live.indexes, index), unequal(index)));
    let reference = |reference: &ReferenceDef| Part::Reference(reference.name.clone());
    found.extend(parts(table, (&declared.references, reference), (&live.references, reference), unequal(reference)));
    found.extend(live.surprises.iter().map(|what| Difference::Surprise { table: table.clone(), what: what.clone() }));
}

/// How the live parts of a kind differ from those declared. Parts of the same name are compared by `differ`.
fn parts<D, L>(
    table: &str,
    (declared, part): (&[D], impl Fn(&D) -> Part),
    (live, live_part): (&[L], impl Fn(&L) -> Part),
    differ: impl Fn(&str, &D, &L) -> Vec<Difference>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for one in declared {
        match live.iter().find(|other| live_part(other) == part(one)) {
            None => found.push(Difference::Missing { table: table.to_owned(), part: part(one) }),
            Some(other) => found.extend(differ(table, one, other)),
        }
    }
    let extra =
        live.iter().map(live_part).filter(|part_of_live| !declared.iter().any(|one| part(one) == *part_of_live));
    found.extend(extra.map(|part| Difference::Extra { table: table.to_owned(), part }));
    found
}

fn in_column(table: &str, declared: &ColumnDef, live: &LiveColumn) -> Vec<Difference> {
    let (table, column) = (|| table.to_owned(), || declared.name.clone());
    let mut found = Vec::new();
    if live.ty != Some(declared.ty) {
        found.push(Difference::ColumnType { table: table(), column: column(), declared: declared.ty, live: live.ty });
    }
    if live.nullable != declared.nullable {
        found.push(Difference::Nullability { table: table(), column: column(), declared: declared.nullable });
    }
    found
}

fn unequal<T: PartialEq>(part: impl Fn(&T) -> Part) -> impl Fn(&str, &T, &T) -> Vec<Difference> {
    move |table, declared, live| {
        let changed = || Difference::Changed { table: table.to_owned(), part: part(declared) };
        (declared != live).then(changed).into_iter().collect()
    }
}
