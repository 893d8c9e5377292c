//! [`Load`]: sign-ins at a steady rate, and how long they take.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use authsome_tests::client::{Client, PASSWORD};

use crate::figures::Figures;
use crate::stopwatch::Stopwatch;

/// How many sign-ins may be under way at the same time; one that finds nobody free waits, and its wait counts.
const WORKERS: usize = 16;

/// Sign-ins of people in turns, each begun at its own moment whatever became of those before it, so that a server that
/// stands still is measured as one that stands still. It ends also where its holder fails.
pub(super) struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    client: Client,
    people: Vec<String>,
    every: Duration,
    watch: Stopwatch,
    next: AtomicU32,
    stop: AtomicBool,
    samples: Mutex<Vec<Sample>>,
    wrong: Mutex<Vec<String>>,
}

/// One sign-in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// When it was to begin, since the load began.
    pub(super) due: Duration,
    /// From then until it was answered.
    pub(super) took: Duration,
}

impl Load {
    /// Begins it, with one sign-in every so often.
    pub(super) fn begin(client: Client, people: Vec<String>, every: Duration) -> Self {
        let shared = Arc::new(Shared {
            client,
            people,
            every,
            watch: Stopwatch::start(),
            next: AtomicU32::new(0),
            stop: AtomicBool::new(false),
            samples: Mutex::default(),
            wrong: Mutex::default(),
        });
        let start = |_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.work())
        };
        let workers = (0..WORKERS).map(start).collect();
        Self { shared, workers }
    }

    /// How long it has lasted.
    pub(super) fn elapsed(&self) -> Duration {
        self.shared.watch.elapsed()
    }

    /// Ends it. Fails where a sign-in was answered with anything but 200.
    pub(super) fn end(mut self) -> Result<Vec<Sample>> {
        self.shared.stop.store(true, Ordering::SeqCst);
        for worker in std::mem::take(&mut self.workers) {
            if worker.join().is_err() {
                bail!("a worker panicked");
            }
        }
        let wrong = self.shared.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let shown: Vec<&str> = wrong.iter().take(3).map(String::as_str).collect();
        ensure!(wrong.is_empty(), "{} sign-ins failed: {}", wrong.len(), shown.join("; "));
        Ok(self.shared.samples.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    fn work(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let due = self.every * number;
            thread::sleep(due.saturating_sub(self.watch.elapsed()));
            let turn = usize::try_from(number).unwrap_or(0) % self.people.len().max(1);
            let Some(email) = self.people.get(turn) else { return };
            let body = serde_json::json!({"email": email, "password": PASSWORD}).to_string();
            let sent = self.client.try_raw("POST", "/v1/auth/signin", Some("application/json"), Some(body.as_bytes()));
            let took = self.watch.elapsed().saturating_sub(due);
            match sent {
                Ok(answer) if answer.status == 200 => {
                    self.samples.lock().unwrap_or_else(PoisonError::into_inner).push(Sample { due, took });
                }
                Ok(answer) => self.wrong(format!("{} {}", answer.status, answer.body)),
                Err(error) => self.wrong(error.to_string()),
            }
        }
    }

    fn wrong(&self, what: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

/// What the sign-ins took that were to begin from the one moment until before the other.
pub(super) struct Window {
    /// How many they were.
    pub(super) count: usize,
    pub(super) figures: Figures,
}

impl Window {
    pub(super) fn of(samples: &[Sample], from: Duration, until: Duration) -> Self {
        let within = samples.iter().filter(|sample| (from..until).contains(&sample.due));
        let durations: Vec<Duration> = within.map(|sample| sample.took).collect();
        Self { count: durations.len(), figures: Figures::of(durations, until.saturating_sub(from)) }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [median, p99] = [self.figures.median_us, self.figures.p99_us].map(|us| us / 1e3);
        write!(f, "p99 {p99:.0} ms, median {median:.0} ms, of {}", self.count)
    }
}

/// Fails where the p99 during something is at least that many times the one before it, or where either is made of fewer
/// than `least` sign-ins.
pub(super) fn judge(before: &Window, during: &Window, most: f64, least: usize) -> Result<()> {
    let fewest = before.count.min(during.count);
    ensure!(fewest >= least.max(1), "{fewest} sign-ins are too few for a p99: {least} are wanted");
    let ratio = during.figures.p99_us / before.figures.p99_us;
    ensure!(ratio < most, "the p99 of sign-ins became {ratio:.2} times as long: before {before}; during {during}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sign-ins of 10 ms, one every 10 ms, of which those from the second second on take as long as that.
    fn samples(later: u64) -> Vec<Sample> {
        let sample = |number: u64| Sample {
            due: Duration::from_millis(10 * number),
            took: Duration::from_millis(if number < 100 { 10 } else { later }),
        };
        (0..200).map(sample).collect()
    }

    fn judged(later: u64, least: usize) -> Result<()> {
        let second = Duration::from_secs;
        let windows = [(0, 1), (1, 2)].map(|(from, until)| Window::of(&samples(later), second(from), second(until)));
        let [before, during] = windows;
        judge(&before, &during, 2.0, least)
    }

    #[test]
    fn a_window_has_what_began_in_it() {
        let window = Window::of(&samples(30), Duration::from_millis(500), Duration::from_millis(1_500));
        assert_eq!((window.count, window.figures.median_us.round()), (100, 10_000.0));
        assert_eq!(window.figures.p99_us.round(), 30_000.0);
    }

    #[test]
    fn a_p99_that_doubles_is_refused_and_one_that_nearly_does_is_not() {
        assert!(judged(20, 100).is_err());
        assert!(judged(19, 100).is_ok());
    }

    #[test]
    fn a_p99_of_too_few_is_none() {
        assert!(judged(10, 101).is_err());
        let none = Window::of(&[], Duration::ZERO, Duration::from_secs(1));
        assert!(judge(&none, &none, 2.0, 0).is_err());
    }
}
