//! [`Retry`]: work that met contention runs again, by turns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

/// How often the pause doubles.
const DOUBLINGS: u32 = 6;

/// Runs work again that met another writer: one after another, since many on one row would make each other fail until
/// their runs are used up.
///
/// Each kind of work has a `Retry` of its own. Work must not wait for other work of the same `Retry`: it would wait for
/// its own turn.
#[derive(Debug)]
pub struct Retry {
    runs: u32,
    wait: Duration,
    pause: Duration,
    turn: Semaphore,
    pauses: AtomicU64,
}

impl Retry {
    /// Work runs at most `runs` times. It waits for its turn for at most `wait`, then runs out of turn: the holder of
    /// the turn may be slow, and work on other rows. The pause before a run grows from `pause` to 64 times that.
    #[must_use]
    pub const fn new(runs: u32, wait: Duration, pause: Duration) -> Self {
        Self { runs, wait, pause, turn: Semaphore::const_new(1), pauses: AtomicU64::new(0) }
    }

    /// Runs `work`, and again if `is_transient` is true of its error. The first run waits for no turn; work that failed
    /// keeps its turn until it is done.
    ///
    /// # Errors
    /// Those of the last run.
    pub async fn run<T, E, Fut: Future<Output = Result<T, E>>>(
        &self,
        is_transient: impl Fn(&E) -> bool,
        work: impl Fn() -> Fut,
    ) -> Result<T, E> {
        let (mut run, mut turn) = (1, None);
        loop {
            match work().await {
                Err(error) if run < self.runs && is_transient(&error) => {}
                outcome => return outcome,
            }
            if turn.is_none() {
                turn = tokio::time::timeout(self.wait, self.turn.acquire()).await.ok();
            }
            self.pause(run).await;
            run += 1;
        }
    }

    /// Waits for the pause after this run; the first run is 1. Half of the pause is spread by a counter and the
    /// process, so that runs that collided once do not collide again.
    pub async fn pause(&self, run: u32) {
        let call = self.pauses.fetch_add(1, Ordering::Relaxed) ^ (u64::from(std::process::id()) << 32);
        let mixed = call.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
        let half = self.pause * (1 << run.saturating_sub(1).min(DOUBLINGS)) / 2;
        tokio::time::sleep(half + half.mul_f64(mixed as f64 / 65_536.0)).await;
    }
}
