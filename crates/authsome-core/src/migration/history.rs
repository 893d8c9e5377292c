//! [`AppliedStep`]: a row of the history.

use std::sync::LazyLock;
use std::time::Duration;

use super::{RunBy, Step};
use crate::entity::RowReader;
use crate::error::StoreError;
use crate::records::Row;
use crate::schema::{ColumnDef, ScopeLevel, TableDef};
use crate::time::Timestamp;
use crate::value::{ColumnType, Value};

/// A row of the history table `authsome_migrations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedStep {
    /// Its group.
    pub group: String,
    /// Its version.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Its checksum when it was applied.
    pub checksum: String,
    /// When it was applied.
    pub applied_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The program that applied it, with its version.
    pub applied_by: String,
}

impl AppliedStep {
    /// The row of a step that took so long and is applied now.
    #[must_use]
    pub fn now(step: &Step, run: &RunBy<'_>, took: Duration) -> Self {
        Self {
            group: step.group.clone(),
            version: step.version,
            name: step.name.clone(),
            checksum: step.checksum.clone(),
            applied_at: run.clock.now(),
            duration_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            applied_by: run.program.to_owned(),
        }
    }

    /// Whether it is the row of this step.
    #[must_use]
    pub fn is_of(&self, step: &Step) -> bool {
        self.group == step.group && self.version == step.version
    }

    /// The table of the history. Its primary key is the group with the version, which a [`TableDef`] cannot say.
    #[must_use]
    pub fn table() -> &'static TableDef {
        static TABLE: LazyLock<TableDef> = LazyLock::new(|| {
            let column = |name, ty| ColumnDef::new(name, ty);
            TableDef::new("authsome_migrations", ScopeLevel::Global, column("group_name", ColumnType::Text))
                .column(column("version", ColumnType::Int))
                .column(column("name", ColumnType::Text))
                .column(column("checksum", ColumnType::Text))
                .column(column("applied_at", ColumnType::Time))
                .column(column("duration_ms", ColumnType::Int))
                .column(column("applied_by", ColumnType::Text))
        });
        &TABLE
    }

    /// Its values, in the order of the table's columns.
    #[must_use]
    pub fn into_row(self) -> Row {
        vec![
            Value::Text(self.group),
            Value::Int(i64::from(self.version)),
            Value::Text(self.name),
            Value::Text(self.checksum),
            Value::Time(self.applied_at),
            Value::Int(self.duration_ms),
            Value::Text(self.applied_by),
        ]
    }

    /// The step of a row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a value does not fit.
    pub fn from_row(row: Row) -> Result<Self, StoreError> {
        let mut reader = RowReader::new(Self::table(), row);
        Ok(Self {
            group: reader.read()?,
            version: reader.read()?,
            name: reader.read()?,
            checksum: reader.read()?,
            applied_at: reader.read()?,
            duration_ms: reader.read()?,
            applied_by: reader.read()?,
        })
    }
}
