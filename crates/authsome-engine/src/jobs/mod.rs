//! What is done in the background: sending mail, cleaning up, and the jobs of plugins.
//!
//! Each job has a task of its own, which ends promptly when the engine stops or is dropped. A job that fails is logged
//! and runs again later, so that a store that is down for a while kills none of them.

mod clean_up;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use authsome_core::error::Error;
use authsome_core::plugin::Job;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::engine::{Engine, Inner};
use crate::mail;

/// How often the queue of mails is looked at unasked: what another process queued, and what is tried again.
const MAIL_EVERY: Duration = Duration::from_secs(2);
/// How often what is of no use any more is deleted.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(60);
/// The least pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// How long stopping waits for jobs to finish.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many runs in a row [`Engine::run_jobs_once`] makes of a job that says there is more.
const MOST_RUNS: u32 = 1_000;

/// The jobs of an engine.
#[derive(Default)]
pub(crate) struct Jobs {
    mail: Arc<Notify>,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Ends the tasks when it is dropped.
    stop: DropGuard,
    tasks: Vec<JoinHandle<()>>,
}

impl Jobs {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
enum Work {
    Mail(Arc<Notify>),
    CleanUp,
    Plugin(Arc<dyn Job>),
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::CleanUp => "clean_up",
            Self::Plugin(job) => job.name(),
        }
    }

    fn every(&self) -> Duration {
        match self {
            Self::Mail(_) => MAIL_EVERY,
            Self::CleanUp => CLEAN_UP_EVERY,
            Self::Plugin(job) => job.every(),
        }
    }

    async fn run(&self, engine: &Engine) -> Result<bool, Error> {
        match self {
            Self::Mail(_) => mail::deliver_due(engine).await,
            Self::CleanUp => clean_up::clean_up(engine).await,
            Self::Plugin(job) => job.run(engine.clock().now()).await,
        }
    }

    /// Waits until it is to run again.
    async fn wait(&self, pause: Duration) {
        match self {
            Self::Mail(queued) => {
                // Nothing was queued in time: the queue is looked at all the same.
                let _ = tokio::time::timeout(pause, queued.notified()).await;
            }
            Self::CleanUp | Self::Plugin(_) => tokio::time::sleep(pause).await,
        }
    }
}

impl Engine {
    /// Says that a mail was queued.
    pub(crate) fn wake_mail(&self) {
        self.inner().jobs.mail.notify_one();
    }

    fn work(&self) -> Vec<Work> {
        let inner = self.inner();
        let mut work = vec![Work::Mail(Arc::clone(&inner.jobs.mail)), Work::CleanUp];
        work.extend(inner.plugins.jobs.iter().map(|job| Work::Plugin(Arc::clone(job))));
        work
    }

    pub(crate) fn start_jobs(&self) {
        let mut running = self.inner().jobs.running();
        if running.is_some() {
            return;
        }
        let stop = CancellationToken::new();
        let tasks = self.work().into_iter().map(|work| {
            let task = repeat(Arc::downgrade(self.inner()), work, stop.clone());
            tokio::spawn(task)
        });
        let tasks = tasks.collect();
        *running = Some(Running { stop: stop.drop_guard(), tasks });
    }

    pub(crate) async fn stop_jobs(&self) {
        let Some(Running { stop, tasks }) = self.inner().jobs.running().take() else {
            return;
        };
        drop(stop);
        let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        if tokio::time::timeout(PATIENCE, futures::future::join_all(tasks)).await.is_err() {
            tracing::warn!("a background job did not finish in time and is ended");
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }

    /// Runs every background job until it has nothing more to do now: for tests, and programs that schedule themselves.
    ///
    /// # Errors
    /// The first that a job failed with; the others have run all the same.
    pub async fn run_jobs_once(&self) -> Result<(), Error> {
        let mut result = Ok(());
        for work in self.work() {
            for _ in 0..MOST_RUNS {
                match work.run(self).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        result = result.and(Err(error));
                        break;
                    }
                }
            }
        }
        result
    }
}

async fn repeat(engine: Weak<Inner>, work: Work, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let Some(inner) = engine.upgrade() else { return };
        let pause = match work.run(&Engine::from_inner(inner)).await {
            Ok(true) => continue,
            Ok(false) => work.every(),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(job = work.name(), error, "a background job failed and runs again later");
                work.every().max(PAUSE)
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work.wait(pause) => {}
        }
    }
}
