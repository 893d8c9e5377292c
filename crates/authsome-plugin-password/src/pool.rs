//! [`Pool`]: hashing threads with a bounded queue.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use authsome_core::clock::Clock;
use authsome_core::error::{Code, Error};
use authsome_core::time::Seconds;
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
use tokio::sync::oneshot;

use crate::memory::Memory;

/// Low on the scale of 0 to 99 that all platforms share; nice 10 on Linux, where 0 is the usual and 19 the lowest.
const PRIORITY: u8 = 22;
/// The assumed duration of a job before the first measurement.
const FIRST_ESTIMATE: Duration = Duration::from_millis(50);
/// Longer measurements are errors of the clock, and are ignored.
const LONGEST_MEASURED: Duration = Duration::from_secs(60);
/// The longest that a refused caller is told to wait, in seconds.
const LONGEST_WAIT: u64 = 60;

/// How large a pool is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Threads.
    pub(crate) threads: usize,
    /// Jobs that may wait for a thread.
    pub(crate) queue: usize,
    /// Blocks of memory of each thread.
    pub(crate) blocks: usize,
}

/// Threads that hash. They end when it is dropped.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    size: Size,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: VecDeque<Box<dyn Job>>,
    /// Moving average of how long a job lasts.
    lasts: Duration,
    closed: bool,
}

/// A caller's work, with its answer channel.
trait Job: Send {
    /// Whether its caller has gone.
    fn is_abandoned(&self) -> bool;

    fn run(self: Box<Self>, memory: &mut Memory);
}

struct Task<W, T> {
    work: W,
    answer: oneshot::Sender<T>,
}

impl<W, T> Job for Task<W, T>
where
    W: FnOnce(&mut Memory) -> T + Send,
    T: Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) {
        // A caller that has gone does not need the answer.
        drop(self.answer.send((self.work)(memory)));
    }
}

/// The work panicked; the thread goes on with the next.
impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// `internal` if the operating system refuses a thread.
    pub(crate) fn start(size: Size, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let state = State { waiting: VecDeque::new(), lasts: FIRST_ESTIMATE, closed: false };
        let shared = Arc::new(Shared { size, clock, state: Mutex::new(state), changed: Condvar::new() });
        let mut pool = Self { shared, threads: Vec::new() };
        for number in 0..size.threads {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new().name(format!("authsome-hash-{number}"));
            pool.threads.push(thread.spawn(move || shared.serve()).map_err(Error::internal)?);
        }
        Ok(pool)
    }

    /// Runs work on one of the threads, with its memory. If the returned future is dropped before a thread takes the
    /// work, the work is skipped and its place in the queue is free.
    ///
    /// # Errors
    /// `unavailable` with when to try again, if the queue is full; `internal` if the work panicked.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&mut Memory) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.shared.submit(Box::new(Task { work, answer }))?;
        answered.await.map_err(|_| Error::internal("hashing panicked"))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    /// The state is consistent whenever the lock is free, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut state = self.lock();
        if state.waiting.len() >= self.size.queue {
            state.waiting.retain(|job| !job.is_abandoned());
        }
        if state.waiting.len() >= self.size.queue {
            let after = wait(state.waiting.len(), self.size.threads, state.lasts);
            return Err(
                Error::new(Code::Unavailable, "too many passwords are being checked: try again").retry_after(after)
            );
        }
        state.waiting.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    fn serve(&self) {
        lower_priority();
        let mut memory = Memory::new(self.size.blocks);
        while let Some(job) = self.next() {
            let started = self.clock.now();
            // Memory that a panic leaves half filled is overwritten by the next hash.
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut memory))).is_err() {
                tracing::error!("hashing a password panicked");
            }
            let lasted = self.clock.now().since(started).min(LONGEST_MEASURED);
            let mut state = self.lock();
            state.lasts = (state.lasts * 7 + lasted) / 8;
        }
    }

    /// The next job with a waiting caller; `None` when the pool is gone.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            match state.waiting.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => return Some(job),
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// How long the waiting jobs will take: at least a second.
fn wait(waiting: usize, threads: usize, lasts: Duration) -> Seconds {
    let rounds = u32::try_from(waiting.div_ceil(threads.max(1))).unwrap_or(u32::MAX);
    let seconds = lasts.saturating_mul(rounds).as_millis().div_ceil(1_000).clamp(1, LONGEST_WAIT.into());
    Seconds(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn lower_priority() {
    let lowered = ThreadPriorityValue::try_from(PRIORITY)
        .map(ThreadPriority::Crossplatform)
        .and_then(|priority| set_current_thread_priority(priority).map_err(|error| format!("{error:?}")));
    if let Err(error) = lowered {
        tracing::debug!(error, "hashing keeps the usual scheduling priority");
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use authsome_core::clock::ManualClock;
    use authsome_core::time::Timestamp;

    use super::*;

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(Timestamp::EPOCH))
    }

    fn pool(threads: usize, queue: usize) -> Pool {
        Pool::start(Size { threads, queue, blocks: 8 }, clock()).unwrap()
    }

    /// Work that says when it began and ends when it is told to.
    fn held() -> (impl FnOnce(&mut Memory) + Send + 'static, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (began, begins) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        let work = move |_: &mut Memory| {
            began.send(()).unwrap();
            ends.recv().ok();
        };
        (work, begins, end)
    }

    /// Polls once, so that the work is in the queue.
    fn enqueue<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn past_the_queue_callers_are_refused_and_told_when_to_try_again_while_the_others_are_served() {
        let pool = pool(1, 2);
        let (work, begins, end) = held();
        let mut running = pin!(pool.run(work));
        assert!(enqueue(running.as_mut()).is_pending());
        begins.recv().unwrap();

        let mut first = pin!(pool.run(|_| 1));
        let mut second = pin!(pool.run(|_| 2));
        assert!(enqueue(first.as_mut()).is_pending() && enqueue(second.as_mut()).is_pending());
        let refused = pool.run(|_| 3).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(refused.retry(), Some(Seconds(1)));

        end.send(()).unwrap();
        running.await.unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
        assert_eq!(pool.run(|_| 4).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn a_caller_that_left_frees_its_place_and_its_work_is_not_done() {
        let pool = pool(1, 1);
        let (work, begins, end) = held();
        let mut running = pin!(pool.run(work));
        assert!(enqueue(running.as_mut()).is_pending());
        begins.recv().unwrap();

        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let done = Arc::clone(&done);
            let mut left = Box::pin(pool.run(move |_| done.fetch_add(1, Ordering::SeqCst)));
            assert!(enqueue(left.as_mut()).is_pending());
        }
        let mut waits = pin!(pool.run(|_| ()));
        assert!(enqueue(waits.as_mut()).is_pending());
        end.send(()).unwrap();
        waits.await.unwrap();
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_skipped_when_it_is_reached() {
        let pool = pool(1, 8);
        let (work, begins, end) = held();
        let mut running = pin!(pool.run(work));
        assert!(enqueue(running.as_mut()).is_pending());
        begins.recv().unwrap();

        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let mut left = Box::pin(pool.run(move |_| counted.fetch_add(1, Ordering::SeqCst)));
        assert!(enqueue(left.as_mut()).is_pending());
        drop(left);
        let mut waits = pin!(pool.run(|_| ()));
        assert!(enqueue(waits.as_mut()).is_pending());
        end.send(()).unwrap();
        waits.await.unwrap();
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_for_its_caller_and_nothing_for_the_next() {
        let pool = pool(1, 4);
        let panicked: Result<(), Error> = pool.run(|_| panic!("on purpose")).await;
        assert_eq!(panicked.unwrap_err().code(), Code::Internal);
        assert_eq!(pool.run(|_| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn work_runs_on_named_threads_of_low_priority_with_memory_of_their_own() {
        let pool = pool(1, 4);
        let (name, blocks) = pool
            .run(|memory| (thread::current().name().map(str::to_owned), memory.lend(8, |blocks| Ok(blocks.len()))))
            .await
            .unwrap();
        assert_eq!(name.as_deref(), Some("authsome-hash-0"));
        assert_eq!(blocks, Ok(8));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hashing_is_nice() {
        // The 19th field of stat; the second is a name in parentheses.
        let nice = |stat: String| -> i32 {
            let after_name = stat.rsplit_once(')').unwrap().1.to_owned();
            after_name.split_whitespace().nth(16).unwrap().parse().unwrap()
        };
        let there =
            pool(1, 1).run(move |_| nice(std::fs::read_to_string("/proc/thread-self/stat").unwrap())).await.unwrap();
        assert!(there >= 10, "{there}");
    }

    #[test]
    fn the_threads_end_with_the_pool() {
        let mut pool = pool(3, 4);
        let threads = std::mem::take(&mut pool.threads);
        let shared = Arc::downgrade(&pool.shared);
        drop(pool);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(shared.strong_count(), 0);
    }

    #[tokio::test]
    async fn the_wait_follows_how_long_work_lasts() {
        assert_eq!(wait(64, 2, Duration::from_millis(50)), Seconds(2));
        assert_eq!(wait(1, 8, Duration::ZERO), Seconds(1));
        assert_eq!(wait(10_000, 1, LONGEST_MEASURED), Seconds(60));

        let clock = clock();
        let pool = Pool::start(Size { threads: 1, queue: 1, blocks: 8 }, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        for _ in 0..40 {
            let clock = Arc::clone(&clock);
            pool.run(move |_| clock.advance(Duration::from_secs(5))).await.unwrap();
        }
        let (work, begins, _end) = held();
        let mut running = pin!(pool.run(work));
        assert!(enqueue(running.as_mut()).is_pending());
        begins.recv().unwrap();
        let mut waits = pin!(pool.run(|_| ()));
        assert!(enqueue(waits.as_mut()).is_pending());
        assert_eq!(pool.run(|_| ()).await.unwrap_err().retry(), Some(Seconds(5)));
    }
}
