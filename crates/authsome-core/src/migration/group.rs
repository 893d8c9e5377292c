//! [`MigrationGroup`]: what core and each plugin declare.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::schema::{ColumnDef, IndexDef, TableDef};

/// The language of a backend's raw statements, by its name. Each backend declares its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Dialect(pub Cow<'static, str>);

impl Dialect {
    /// The dialect of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
}

/// One change of the schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Makes a table with its indexes and references.
    CreateTable(TableDef),
    /// Drops a table with its rows.
    DropTable {
        /// Its name.
        table: String,
    },
    /// Adds a nullable column.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: ColumnDef,
    },
    /// Drops a column with its values. Drop the indexes and references that name it first.
    DropColumn {
        /// The table.
        table: String,
        /// The column's name.
        column: String,
    },
    /// Makes an index.
    CreateIndex {
        /// The table.
        table: String,
        /// The index.
        index: IndexDef,
    },
    /// Drops an index.
    DropIndex {
        /// The table.
        table: String,
        /// The index's name.
        index: String,
    },
    /// One statement for each dialect, if no portable operation will do. A dialect without a statement does nothing.
    Raw {
        /// The statement by dialect.
        statements: BTreeMap<Dialect, String>,
    },
}

impl Operation {
    /// The operation that takes this one back, for one that creates.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        match self {
            Self::CreateTable(table) => Some(Self::DropTable { table: table.name.clone() }),
            Self::AddColumn { table, column } => {
                Some(Self::DropColumn { table: table.clone(), column: column.name.clone() })
            }
            Self::CreateIndex { table, index } => {
                Some(Self::DropIndex { table: table.clone(), index: index.name.clone() })
            }
            _ => None,
        }
    }
}

/// How a migration is taken back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Down {
    /// By the inverse of each operation, in reverse order. Only for operations that create.
    Inverse,
    /// By these operations.
    Operations(Vec<Operation>),
    /// Not at all.
    Irreversible,
}

/// One step of a group. Once released it never changes: its checksum is in every history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Migration {
    /// Position in the group; greater than that of the previous step.
    pub version: u32,
    /// What it does, in `snake_case`.
    pub name: String,
    /// What it changes.
    pub up: Vec<Operation>,
    /// How it is taken back.
    pub down: Down,
}

impl Migration {
    /// A step that is taken back by the inverse of its operations.
    #[must_use]
    pub fn new(version: u32, name: &str, up: Vec<Operation>) -> Self {
        Self { version, name: name.to_owned(), up, down: Down::Inverse }
    }

    /// The operations that take the step back; `None` where that is impossible.
    #[must_use]
    pub fn down_operations(&self) -> Option<Vec<Operation>> {
        match &self.down {
            Down::Irreversible => None,
            Down::Operations(operations) => Some(operations.clone()),
            Down::Inverse => self.up.iter().rev().map(Operation::inverse).collect(),
        }
    }
}

/// An ordered list of steps that belong together: core's, or a plugin's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MigrationGroup {
    /// Name, unique among the groups of a run; for a plugin its own name.
    pub name: String,
    /// The groups to run first.
    pub depends_on: Vec<String>,
    /// The steps, in rising order of version.
    pub migrations: Vec<Migration>,
}
