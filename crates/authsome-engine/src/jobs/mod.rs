//! Background jobs: sending mail, cleaning up, emptying deleted environments, rotating keys, and the jobs of plugins.
//!
//! Each job has a task of its own, which ends promptly when the engine stops or is dropped. A failed job runs again
//! later, so that jobs survive while a store is down. The log has one line when a failure begins and one when it is
//! over.

mod clean_up;
mod empty;
mod rotate;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use authsome_context::{Foundation, Waker};
use authsome_core::error::{Code, Error};
use authsome_core::plugin::Job;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::empty::Emptying;

/// How often the queue of mails is checked without a wake-up: for another process's mails, and for further tries.
const MAIL_EVERY: Duration = Duration::from_secs(2);
/// How often expired rows are deleted.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(60);
/// How often deleted environments are looked for without a wake-up: another process may have deleted one, or ended.
const EMPTY_EVERY: Duration = Duration::from_secs(15);
/// How often keys are checked for rotation.
const ROTATE_EVERY: Duration = Duration::from_secs(3_600);
/// The least pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// How long stopping waits for jobs to finish.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many runs in a row [`Jobs::run_once`] makes while a job has more to do.
const MOST_RUNS: u32 = 1_000;

/// The jobs of an engine. They end when this is dropped.
pub(crate) struct Jobs {
    foundation: Arc<Foundation>,
    emptying: Arc<Emptying>,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Ends the tasks when it is dropped.
    stop: DropGuard,
    tasks: Vec<JoinHandle<()>>,
}

struct Work {
    name: &'static str,
    every: Duration,
    /// What wakes it before it is time, if something does.
    waker: Option<Waker>,
    task: Task,
}

enum Task {
    Mail,
    CleanUp,
    Empty(Arc<Emptying>),
    Rotate,
    Plugin(Arc<dyn Job>),
}

impl Work {
    async fn run(&self, foundation: &Arc<Foundation>) -> Result<bool, Error> {
        match &self.task {
            Task::Mail => authsome_outbox::deliver_due(foundation).await,
            Task::CleanUp => clean_up::clean_up(foundation).await,
            Task::Empty(emptying) => empty::empty(foundation, emptying).await,
            Task::Rotate => rotate::rotate(foundation).await,
            Task::Plugin(job) => job.run(foundation.now()).await,
        }
    }

    /// How long it rests before the next run if it has more to do, after a run that took so long.
    fn breath(&self, took: Duration) -> Duration {
        if matches!(self.task, Task::Empty(_)) { took } else { Duration::ZERO }
    }

    /// Waits until it is time to run again.
    async fn wait(&self, pause: Duration) {
        match &self.waker {
            // No wake-up came in time: it runs anyway.
            Some(waker) => drop(tokio::time::timeout(pause, waker.woken()).await),
            None => tokio::time::sleep(pause).await,
        }
    }
}

impl Jobs {
    pub(crate) fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation, emptying: Arc::default(), running: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> Vec<Work> {
        let (mail, emptying) = (&self.foundation.wakers.mail, &self.foundation.wakers.emptying);
        let work = |name, every, waker: Option<&Waker>, task| Work { name, every, waker: waker.cloned(), task };
        let own = [
            work("mail", MAIL_EVERY, Some(mail), Task::Mail),
            work("clean_up", CLEAN_UP_EVERY, None, Task::CleanUp),
            work("empty_deleted", EMPTY_EVERY, Some(emptying), Task::Empty(Arc::clone(&self.emptying))),
            work("rotate_signing_keys", ROTATE_EVERY, None, Task::Rotate),
        ];
        let brought = self.foundation.plugins.jobs.iter();
        let brought = brought.map(|job| work(job.name(), job.every(), None, Task::Plugin(Arc::clone(job))));
        own.into_iter().chain(brought).collect()
    }

    /// Starts them on the caller's Tokio runtime, unless they run already.
    pub(crate) fn start(&self) {
        let mut running = self.running();
        if running.is_some() {
            return;
        }
        let stop = CancellationToken::new();
        let start = |work| tokio::spawn(repeat(Arc::downgrade(&self.foundation), work, stop.clone()));
        let tasks = self.work().into_iter().map(start).collect();
        *running = Some(Running { stop: stop.drop_guard(), tasks });
    }

    /// Lets each finish its run, and ends them.
    pub(crate) async fn stop(&self) {
        let Some(Running { stop, tasks }) = self.running().take() else {
            return;
        };
        drop(stop);
        let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        if tokio::time::timeout(PATIENCE, futures::future::join_all(tasks)).await.is_err() {
            tracing::warn!("a background job did not finish in time and is ended");
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }

    /// Runs each until it has no more work.
    ///
    /// # Errors
    /// The first error of a job; the other jobs have run too.
    pub(crate) async fn run_once(&self) -> Result<(), Error> {
        let mut result = Ok(());
        for work in self.work() {
            for _ in 0..MOST_RUNS {
                let ran = work.run(&self.foundation).await;
                let is_done = !matches!(ran, Ok(true));
                result = result.and(ran.map(drop));
                if is_done {
                    break;
                }
            }
        }
        result
    }
}

async fn repeat(foundation: Weak<Foundation>, work: Work, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let Some(foundation) = foundation.upgrade() else { return };
        let began = tokio::time::Instant::now();
        let ran = work.run(&foundation).await;
        trouble.note(work.name, ran.as_ref().err());
        let pause = match ran {
            Ok(true) => work.breath(began.elapsed()),
            Ok(false) => work.every,
            Err(_) => work.every.max(PAUSE),
        };
        if pause.is_zero() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = work.wait(pause) => {}
        }
    }
}

/// A job's last error, so that a lasting failure is logged once.
#[derive(Default)]
struct Trouble(Option<Code>);

impl Trouble {
    fn note(&mut self, job: &str, failed: Option<&Error>) {
        let is_news = self.is_news(failed.map(Error::code));
        let error = failed.map(|error| error as &dyn std::error::Error);
        match (failed, is_news) {
            (Some(_), true) => {
                tracing::warn!(job, error, "a background job failed and runs again until it succeeds");
            }
            (Some(_), false) => tracing::debug!(job, error, "a background job failed again"),
            (None, true) => tracing::info!(job, "a background job works again"),
            (None, false) => {}
        }
    }

    /// Whether the job's health changed.
    fn is_news(&mut self, failed: Option<Code>) -> bool {
        std::mem::replace(&mut self.0, failed) != failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_that_lasts_is_news_when_it_begins_changes_and_ends() {
        let mut trouble = Trouble::default();
        let down = Some(Code::Unavailable);
        let told: Vec<_> = [None, down, down, Some(Code::Internal), down, None, None, down]
            .into_iter()
            .map(|failed| trouble.is_news(failed))
            .collect();
        assert_eq!(told, [false, true, false, true, true, true, false, true]);
    }
}
