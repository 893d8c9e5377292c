//! The migration side: a lock, a history, and operations that make and change tables.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{
    AppliedStep, Dialect, LiveColumn, LiveTable, MigrateError, MigrationSession, MigrationTarget, Operation, RunBy,
    Step,
};
use authsome_core::schema::{ColumnDef, Schema, TableDef};
use tokio::sync::OwnedMutexGuard;

use crate::database::Database;
use crate::store::ExampleStore;
use crate::table::{State, StoredRow, Table};

/// The name under which a raw statement would be meant for this backend, which runs none.
const DIALECT: Dialect = Dialect::new("example");

/// How long a run waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(60);

#[async_trait]
impl MigrationTarget for ExampleStore {
    fn dialect(&self) -> Dialect {
        DIALECT
    }

    /// The very statements of a plan. This backend's language is the portable operation itself.
    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        let mut statements = Vec::new();
        for operation in &step.operations {
            if let Operation::Raw { statements: raw } = operation {
                refuse_raw(raw.contains_key(&DIALECT))?;
            } else {
                statements.push(serde_json::to_string(operation).map_err(StoreError::backend)?);
            }
        }
        Ok(statements)
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        Ok(self.database.snapshot()?.history.clone())
    }

    /// Takes the lock. It is a guard that the session owns, so a session that is dropped lets go of it.
    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
        let lock = Arc::clone(&self.database.migrating).lock_owned();
        let guard = tokio::time::timeout(PATIENCE, lock).await.map_err(|_| MigrateError::Locked)?;
        let history = |state: &mut State| Ok::<_, StoreError>(state.history.get_or_insert_default().len());
        self.database.write(history)?;
        Ok(Box::new(ExampleSession { database: Arc::clone(&self.database), _guard: guard }))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        let state = self.database.snapshot()?;
        Ok(tables.iter().filter_map(|name| state.tables.get(name)).map(|table| live(&table.def)).collect())
    }
}

/// A run that holds the lock. Each call is published whole, tables and history together, so that a run that is interrupted
/// between two calls leaves a history that tells the truth, and the next run goes on from there.
struct ExampleSession {
    database: Arc<Database>,
    _guard: OwnedMutexGuard<()>,
}

#[async_trait]
impl MigrationSession for ExampleSession {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        Ok(self.database.snapshot()?.history.clone().unwrap_or_default())
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.database.write(|state| {
            for step in steps {
                let begun = run.clock.now();
                state.carry_out(step)?;
                state.record(step, run, run.clock.now().since(begun));
            }
            Ok(())
        })
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        self.database.write(|state| {
            for step in steps {
                state.carry_out(step)?;
                let history = state.history.get_or_insert_default();
                history.retain(|row| !row.is_of(step));
            }
            Ok(())
        })
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.database.write(|state| {
            steps.iter().for_each(|step| state.record(step, run, Duration::ZERO));
            Ok(())
        })
    }

    async fn finish(self: Box<Self>) -> Result<(), MigrateError> {
        Ok(())
    }
}

impl State {
    fn record(&mut self, step: &Step, run: &RunBy<'_>, took: Duration) {
        self.history.get_or_insert_default().push(AppliedStep::now(step, run, took));
    }

    /// Core's [`Schema`] knows what each operation makes of the definitions; what is left is what it makes of the rows.
    fn carry_out(&mut self, step: &Step) -> Result<(), MigrateError> {
        for operation in &step.operations {
            let defs = self.tables.iter().map(|(name, table)| (name.clone(), TableDef::clone(&table.def)));
            let mut schema = Schema { tables: defs.collect() };
            step.advance(&mut schema, operation)?;
            self.convert(operation)?;
            self.tables.retain(|name, _| schema.tables.contains_key(name));
            for (name, def) in schema.tables {
                let table = self.tables.entry(name).or_insert_with(|| Arc::new(Table::new(def.clone())));
                if *table.def != def {
                    Arc::make_mut(table).redefine(def)?;
                }
            }
        }
        Ok(())
    }

    /// A column that is dropped takes its values with it. A new one needs nothing: what is not there holds no value.
    fn convert(&mut self, operation: &Operation) -> Result<(), StoreError> {
        match operation {
            Operation::DropColumn { table, column } => {
                for row in
                    self.tables.get_mut(table).into_iter().flat_map(|table| Arc::make_mut(table).rows.values_mut())
                {
                    Arc::make_mut(row).remove(column);
                }
                Ok(())
            }
            Operation::Raw { statements } => refuse_raw(statements.contains_key(&DIALECT)),
            _ => Ok(()),
        }
    }
}

impl Table {
    /// Gives the table another definition, which its rows must keep: a new unique index holds for old rows.
    fn redefine(&mut self, def: TableDef) -> Result<(), StoreError> {
        self.def = Arc::new(def);
        let broken = |(number, row): (&u64, &Arc<StoredRow>)| self.conflict(row, Some(*number));
        match self.rows.iter().find_map(broken) {
            Some(constraint) => Err(StoreError::Conflict { constraint }),
            None => Ok(()),
        }
    }
}

fn refuse_raw(is_ours: bool) -> Result<(), StoreError> {
    if is_ours { Err(StoreError::backend("the example backend runs no raw statements")) } else { Ok(()) }
}

/// What is really there, for whoever compares it with what is declared.
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
