//! A database in memory with a log of what was done to it, and failures on demand.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::clock::ManualClock;
use authsome_core::error::StoreError;
use authsome_core::migration::{
    AppliedStep, Dialect, LiveColumn, LiveTable, MigrateError, MigrationGroup, MigrationSession, MigrationTarget,
    RunBy, Step,
};
use authsome_core::schema::{Schema, TableDef};
use authsome_core::time::Timestamp;
use authsome_migrate::Migrator;
use tokio::sync::{Barrier, Notify, OwnedMutexGuard};

/// How much of a run is one transaction. Backends differ in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Atomicity {
    /// The whole session, made durable by `finish`.
    Run,
    /// Each call of the session.
    Call,
    /// Each step.
    Step,
}

pub(crate) const ATOMICITIES: [Atomicity; 3] = [Atomicity::Run, Atomicity::Call, Atomicity::Step];

#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) history: Option<Vec<AppliedStep>>,
    pub(crate) live: Schema,
    /// Columns whose live type is none that is known, as `table.column`.
    pub(crate) foreign: BTreeSet<String>,
}

/// What happens at a step instead of its application.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The database fails.
    Fails(String),
    /// The call never returns, until its caller is gone.
    Hangs(String),
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    log: Mutex<Vec<String>>,
    fault: Mutex<Option<Fault>>,
    hanging: Notify,
}

/// The database.
pub(crate) struct Database {
    atomicity: Atomicity,
    shared: Arc<Shared>,
    lock: Arc<tokio::sync::Mutex<()>>,
    meet: Option<Barrier>,
    /// What another process does to the database while this one waits for the lock.
    pub(crate) meanwhile: Mutex<Option<State>>,
    pub(crate) clock: ManualClock,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

pub(crate) fn text(step: &Step) -> String {
    format!("{}/{}", step.group, step.version)
}

impl Database {
    pub(crate) fn new() -> Self {
        Self::with(Atomicity::Call)
    }

    pub(crate) fn with(atomicity: Atomicity) -> Self {
        Self {
            atomicity,
            shared: Arc::default(),
            lock: Arc::default(),
            meet: None,
            meanwhile: Mutex::default(),
            clock: ManualClock::at(Timestamp::from_millis(1_700_000_000_000).unwrap()),
        }
    }

    /// The same database, where that many callers read the history before any of them goes on.
    pub(crate) fn meeting(self, callers: usize) -> Self {
        Self { meet: Some(Barrier::new(callers)), ..self }
    }

    pub(crate) fn migrator(&self, groups: &[MigrationGroup]) -> Migrator<'_> {
        Migrator::new(self, groups, &self.clock).unwrap()
    }

    /// Runs `up`, which must succeed, a minute after whatever came before it.
    pub(crate) async fn up(&self, groups: &[MigrationGroup]) -> Vec<String> {
        self.clock.advance(Duration::from_secs(60));
        self.migrator(groups).up().await.unwrap().applied
    }

    pub(crate) fn state(&self) -> State {
        held(&self.shared.state).clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut held(&self.shared.state));
    }

    pub(crate) fn fault(&self, fault: Option<Fault>) {
        *held(&self.shared.fault) = fault;
    }

    /// Waits until a call hangs.
    pub(crate) async fn hangs(&self) {
        self.shared.hanging.notified().await;
    }

    /// What was done since the last look: `begin`, `finish`, and the calls with their steps.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut *held(&self.shared.log))
    }

    /// The steps in the history, as `group/version`.
    pub(crate) fn history_steps(&self) -> Vec<String> {
        let history = self.state().history.unwrap_or_default();
        history.iter().map(|row| format!("{}/{}", row.group, row.version)).collect()
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        self.state().live.tables.into_keys().collect()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

#[async_trait]
impl MigrationTarget for Database {
    fn dialect(&self) -> Dialect {
        Dialect::new("test")
    }

    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        use authsome_core::migration::Operation::{AddColumn, CreateIndex, CreateTable, Raw};
        let statements = step.operations.iter().filter_map(|operation| match operation {
            CreateTable(table) => Some(format!("create table {}", table.name)),
            AddColumn { table, column } => Some(format!("add column {table}.{}", column.name)),
            CreateIndex { index, .. } => Some(format!("create index {};", index.name)),
            Raw { statements } => statements.get(&self.dialect()).cloned(),
            _ => None,
        });
        Ok(statements.collect())
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        let history = self.state().history;
        if let Some(meet) = &self.meet {
            meet.wait().await;
        }
        Ok(history)
    }

    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
        let lock = Arc::clone(&self.lock).lock_owned().await;
        if let Some(state) = held(&self.meanwhile).take() {
            *held(&self.shared.state) = state;
        }
        held(&self.shared.log).push("begin".to_owned());
        let mut state = self.state();
        state.history.get_or_insert_default();
        let session = Session { atomicity: self.atomicity, shared: Arc::clone(&self.shared), state, _lock: lock };
        Ok(Box::new(session))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        let state = self.state();
        let live = tables.iter().filter_map(|name| state.live.tables.get(name));
        Ok(live.map(|table| live_table(table, &state.foreign)).collect())
    }
}

fn live_table(table: &TableDef, foreign: &BTreeSet<String>) -> LiveTable {
    let columns = table.columns.iter().map(|column| LiveColumn {
        name: column.name.clone(),
        ty: (!foreign.contains(&format!("{}.{}", table.name, column.name))).then_some(column.ty),
        nullable: column.nullable,
    });
    LiveTable {
        name: table.name.clone(),
        columns: columns.collect(),
        primary_key: table.primary_key(),
        indexes: table.indexes.clone(),
        references: table.references.clone(),
        surprises: Vec::new(),
    }
}

struct Session {
    atomicity: Atomicity,
    shared: Arc<Shared>,
    state: State,
    _lock: OwnedMutexGuard<()>,
}

impl Session {
    fn log(&self, call: &str, steps: &[Step]) {
        let steps: Vec<String> = steps.iter().map(text).collect();
        held(&self.shared.log).push(format!("{call} {}", steps.join(" ")));
    }

    fn commit(&self) {
        *held(&self.shared.state) = self.state.clone();
    }

    /// Carries out a step; the runner must have told the truth about the schema before it.
    async fn carry_out(&mut self, step: &Step) -> Result<(), MigrateError> {
        tokio::task::yield_now().await;
        let fault = held(&self.shared.fault).clone();
        match fault {
            Some(Fault::Fails(at)) if at == text(step) => return Err(StoreError::unavailable("injected").into()),
            Some(Fault::Hangs(at)) if at == text(step) => {
                self.shared.hanging.notify_one();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        for (name, before) in &step.before.tables {
            assert_eq!(self.state.live.tables.get(name), Some(before), "schema before {}", text(step));
        }
        for operation in &step.operations {
            self.state.live.apply(operation).map_err(StoreError::backend)?;
        }
        Ok(())
    }

    fn write_row(&mut self, step: &Step, run: &RunBy<'_>) {
        let row = AppliedStep {
            group: step.group.clone(),
            version: step.version,
            name: step.name.clone(),
            checksum: step.checksum.clone(),
            applied_at: run.clock.now(),
            duration_ms: 0,
            applied_by: run.program.to_owned(),
        };
        self.state.history.get_or_insert_default().push(row);
    }
}

#[async_trait]
impl MigrationSession for Session {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        Ok(self.state.history.clone().unwrap_or_default())
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.log("apply", steps);
        for step in steps {
            self.carry_out(step).await?;
            self.write_row(step, run);
            if self.atomicity == Atomicity::Step {
                self.commit();
            }
        }
        if self.atomicity == Atomicity::Call {
            self.commit();
        }
        Ok(())
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        self.log("revert", steps);
        for step in steps {
            self.carry_out(step).await?;
            let history = self.state.history.get_or_insert_default();
            history.retain(|row| row.group != step.group || row.version != step.version);
            if self.atomicity == Atomicity::Step {
                self.commit();
            }
        }
        if self.atomicity == Atomicity::Call {
            self.commit();
        }
        Ok(())
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.log("record", steps);
        for step in steps {
            self.write_row(step, run);
        }
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(), MigrateError> {
        self.commit();
        held(&self.shared.log).push("finish".to_owned());
        Ok(())
    }
}
