//! The migration side: operations make and change tables; the history is kept beside them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{
    AppliedStep, Dialect, LiveColumn, LiveTable, MigrateError, MigrationSession, MigrationTarget, Operation, RunBy,
    Step,
};
use authsome_core::schema::{ColumnDef, Schema, TableDef};
use authsome_core::value::Value;

use crate::backend::MemoryStore;
use crate::database::Writer;
use crate::error::Refusal;
use crate::state::State;
use crate::table::Table;

/// The name under which a raw statement would be meant for this backend, which runs none.
const DIALECT: Dialect = Dialect::new("memory");

/// How long a run waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(60);

#[async_trait]
impl MigrationTarget for MemoryStore {
    fn dialect(&self) -> Dialect {
        DIALECT
    }

    /// The operations, in words: the store has no statements.
    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        step.operations.iter().filter_map(|operation| describe(operation).transpose()).collect()
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        Ok(self.database.snapshot()?.history.map(|history| history.to_vec()))
    }

    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
        let writer = self.database.writer(PATIENCE).await.map_err(|error| match error {
            StoreError::Aborted { .. } => MigrateError::Locked,
            other => other.into(),
        })?;
        let mut session = MemorySession { writer };
        session.writer.state.history.get_or_insert_default();
        Ok(Box::new(session))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        let state = self.database.snapshot()?;
        Ok(tables.iter().filter_map(|name| state.tables.get(name.as_str())).map(|table| live(&table.def)).collect())
    }
}

/// A run: the one writer. Its copy is published when it finishes.
struct MemorySession {
    writer: Writer,
}

#[async_trait]
impl MigrationSession for MemorySession {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        Ok(self.writer.state.history.as_deref().unwrap_or_default().to_vec())
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.writer.run(|state| {
            for step in steps {
                let begun = run.clock.now();
                state.carry_out(step)?;
                let took = run.clock.now().since(begun);
                state.record(step, run, took);
            }
            Ok(())
        })
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        self.writer.run(|state| {
            for step in steps {
                state.carry_out(step)?;
                let is_another = |row: &&AppliedStep| !row.is_of(step);
                state.history =
                    Some(state.history.iter().flat_map(|rows| rows.iter()).filter(is_another).cloned().collect());
            }
            Ok(())
        })
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.writer.run(|state| {
            steps.iter().for_each(|step| state.record(step, run, Duration::ZERO));
            Ok(())
        })
    }

    async fn finish(self: Box<Self>) -> Result<(), MigrateError> {
        Ok(self.writer.publish()?)
    }
}

impl State {
    fn record(&mut self, step: &Step, run: &RunBy<'_>, took: Duration) {
        let row = AppliedStep::now(step, run, took);
        self.history = Some(self.history.iter().flat_map(|rows| rows.iter()).cloned().chain([row]).collect());
    }

    fn carry_out(&mut self, step: &Step) -> Result<(), MigrateError> {
        for operation in &step.operations {
            let tables = self.tables.iter().map(|(name, table)| (name.to_string(), TableDef::clone(&table.def)));
            let mut schema = Schema { tables: tables.collect() };
            step.advance(&mut schema, operation)?;
            self.make(operation, schema)?;
        }
        Ok(())
    }

    /// Changes the tables so that they are what `schema` says, which is the schema after the operation.
    fn make(&mut self, operation: &Operation, mut schema: Schema) -> Result<(), StoreError> {
        match operation {
            Operation::CreateTable(table) => {
                for reference in &table.references {
                    let parent = schema.tables.get(&reference.parent);
                    if parent.is_none_or(|parent| parent.primary_key() != reference.parent_columns) {
                        return Err(Refusal::NotAKey(reference.name.clone()).into());
                    }
                }
                self.set_table(Table::new(table.clone())?);
            }
            Operation::DropTable { table } => {
                self.tables.remove_mut(table.as_str());
            }
            Operation::AddColumn { table, .. } => {
                let with_null = |row: &Arc<[Value]>| row.iter().cloned().chain([Value::Null]).collect();
                self.convert(table, &mut schema, with_null)?;
            }
            Operation::DropColumn { table, column } => {
                let dropped = self.table(table)?.def.position(column);
                let without = |row: &Arc<[Value]>| {
                    let kept = row.iter().enumerate().filter(|(position, _)| Some(*position) != dropped);
                    kept.map(|(_, value)| value.clone()).collect()
                };
                self.convert(table, &mut schema, without)?;
            }
            Operation::CreateIndex { table, .. } | Operation::DropIndex { table, .. } => {
                self.convert(table, &mut schema, Arc::clone)?;
            }
            Operation::Raw { statements } if statements.contains_key(&DIALECT) => {
                return Err(Refusal::RawStatement.into());
            }
            Operation::Raw { .. } => {}
        }
        Ok(())
    }

    fn convert(
        &mut self,
        name: &str,
        schema: &mut Schema,
        convert: impl Fn(&Arc<[Value]>) -> Arc<[Value]>,
    ) -> Result<(), StoreError> {
        let def = schema.tables.remove(name).ok_or_else(|| Refusal::NoTable(name.to_owned()))?;
        let table = self.table(name)?.converted(def, convert)?;
        self.set_table(table);
        Ok(())
    }
}

/// An operation in words; empty if it does nothing.
fn describe(operation: &Operation) -> Result<Option<String>, MigrateError> {
    Ok(Some(match operation {
        Operation::CreateTable(table) => {
            let names = |names: Vec<&String>| names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let columns = names(table.columns.iter().map(|column| &column.name).collect());
            let indexes = names(table.indexes.iter().map(|index| &index.name).collect());
            format!("create table {} ({columns}) with indexes ({indexes})", table.name)
        }
        Operation::DropTable { table } => format!("drop table {table}"),
        Operation::AddColumn { table, column } => format!("add column {table}.{}", column.name),
        Operation::DropColumn { table, column } => format!("drop column {table}.{column}"),
        Operation::CreateIndex { table, index } => {
            format!("create index {} on {table} ({})", index.name, index.columns.join(", "))
        }
        Operation::DropIndex { table, index } => format!("drop index {index} on {table}"),
        Operation::Raw { statements } if statements.contains_key(&DIALECT) => {
            return Err(StoreError::from(Refusal::RawStatement).into());
        }
        Operation::Raw { .. } => return Ok(None),
    }))
}

fn live(table: &TableDef) -> LiveTable {
    let column =
        |column: &ColumnDef| LiveColumn { name: column.name.clone(), ty: Some(column.ty), nullable: column.nullable };
    LiveTable {
        name: table.name.clone(),
        columns: table.columns.iter().map(column).collect(),
        primary_key: table.primary_key(),
        indexes: table.indexes.clone(),
        references: table.references.clone(),
        surprises: Vec::new(),
    }
}
