//! Runs that end without finishing, as those of a process that crashes.

use std::time::Duration;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::migration::{
    AppliedStep, Dialect, LiveTable, MigrateError, MigrationGroup, MigrationSession, MigrationTarget, Operation, RunBy,
    Step,
};
use authsome_migrate::DownTo;

use super::{cause, differences, group, history, migrator, table};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};

pub(super) fn cases() -> Vec<Case> {
    cases!("migrations" {
        unmigrated: [
            a_first_run_that_crashes_is_made_good_by_the_next,
            a_later_run_that_crashes_is_made_good_by_the_next,
            a_way_back_that_crashes_is_made_good_by_the_next,
            a_session_that_is_dropped_keeps_nobody_waiting,
        ]
    })
}

/// A target with sessions that crash after so many changes, while they hold the lock.
struct Crashing<'a> {
    target: &'a dyn MigrationTarget,
    after: u32,
}

struct CrashingSession {
    session: Box<dyn MigrationSession>,
    left: u32,
}

impl CrashingSession {
    fn live(&mut self) -> Result<&mut dyn MigrationSession, MigrateError> {
        let crashed = || StoreError::unavailable(cause("the process crashed"));
        self.left = self.left.checked_sub(1).ok_or_else(crashed)?;
        Ok(self.session.as_mut())
    }
}

#[async_trait]
impl MigrationTarget for Crashing<'_> {
    fn dialect(&self) -> Dialect {
        self.target.dialect()
    }

    fn render(&self, step: &Step) -> Result<Vec<String>, MigrateError> {
        self.target.render(step)
    }

    async fn history(&self) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
        self.target.history().await
    }

    async fn begin(&self) -> Result<Box<dyn MigrationSession>, MigrateError> {
        Ok(Box::new(CrashingSession { session: self.target.begin().await?, left: self.after }))
    }

    async fn introspect(&self, tables: &[String]) -> Result<Vec<LiveTable>, MigrateError> {
        self.target.introspect(tables).await
    }
}

#[async_trait]
impl MigrationSession for CrashingSession {
    async fn history(&mut self) -> Result<Vec<AppliedStep>, MigrateError> {
        self.session.history().await
    }

    async fn apply(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.live()?.apply(steps, run).await
    }

    async fn revert(&mut self, steps: &[Step]) -> Result<(), MigrateError> {
        self.live()?.revert(steps).await
    }

    async fn record(&mut self, steps: &[Step], run: &RunBy<'_>) -> Result<(), MigrateError> {
        self.live()?.record(steps, run).await
    }

    async fn finish(mut self: Box<Self>) -> Result<(), MigrateError> {
        self.live()?;
        self.session.finish().await
    }
}

/// So many sessions are waited for this long together, which is long for as many locks that are free. A lock that is
/// left to end by itself, after 10 seconds or more, takes longer.
const SESSIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(60);

fn plugin() -> MigrationGroup {
    let make = |name: &str| vec![Operation::CreateTable(table(name))];
    group("plugin", ["conformance_first", "conformance_second", "conformance_third"].map(make).to_vec())
}

/// Runs up or down with a crash after so many changes.
async fn crash(cx: &Cx, after: u32, down: Option<&DownTo>) -> Outcome {
    let target = Crashing { target: cx.store().migrations(), after };
    let migrator = migrator(&target, &[plugin()])?;
    let failed = match down {
        Some(to) => migrator.down(to).await.is_err(),
        None => migrator.up().await.is_err(),
    };
    ensure!(failed, "the run crashed after {after} changes");
    Ok(())
}

/// The next run finishes, and the database is as if nothing had happened.
async fn made_good(cx: &Cx) -> Outcome {
    // What the history says is what the tables are, whatever the crashed run left.
    let half = differences(cx, &[plugin()]).await?;
    let faults = half.iter().filter(|found| !matches!(found, authsome_migrate::Difference::Pending(_)));
    ensure_eq!(faults.count(), 0, "{half:?}");
    cx.store().migrate(&[plugin()]).await?;
    ensure_eq!(differences(cx, &[plugin()]).await?, Vec::new());
    ensure_eq!(history(cx).await?.iter().filter(|step| step.starts_with("plugin/")).count(), 3);
    Ok(())
}

async fn a_first_run_that_crashes_is_made_good_by_the_next(cx: &mut Cx) -> Outcome {
    crash(cx, 0, None).await?;
    crash(cx, 1, None).await?;
    made_good(cx).await
}

async fn a_later_run_that_crashes_is_made_good_by_the_next(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[]).await?;
    for after in [0, 1, 2, 3] {
        let done = history(cx).await?.iter().filter(|step| step.starts_with("plugin/")).count();
        if done == 3 {
            break;
        }
        crash(cx, after.min(3 - u32::try_from(done).unwrap_or(3)), None).await?;
    }
    made_good(cx).await
}

async fn a_way_back_that_crashes_is_made_good_by_the_next(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[plugin()]).await?;
    crash(cx, 0, Some(&DownTo::Start)).await?;
    crash(cx, 1, Some(&DownTo::LastStep)).await?;
    made_good(cx).await
}

async fn a_session_that_is_dropped_keeps_nobody_waiting(cx: &mut Cx) -> Outcome {
    let sessions = async {
        for _ in 0..SESSIONS {
            drop(cx.store().migrations().begin().await?);
        }
        Ok::<_, MigrateError>(())
    };
    let begun = tokio::time::timeout(PATIENCE, sessions).await;
    ensure!(matches!(begun, Ok(Ok(()))), "{SESSIONS} sessions, each begun after one that was dropped: {begun:?}");
    cx.store().migrate(&[plugin()]).await?;
    made_good(cx).await
}
