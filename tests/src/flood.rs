//! Sign-ups by many people at once, and what was promised to them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::client::{Client, PASSWORD};

/// People who sign up at the same time.
const WORKERS: usize = 8;

/// What a flood came to.
#[derive(Clone, Debug, Default)]
pub struct Flood {
    /// The addresses that were answered 201.
    pub promised: Vec<String>,
    /// How many were answered 503.
    pub unavailable: usize,
}

/// A flood that is under way.
#[derive(Clone, Copy, Debug)]
pub struct Rising<'f> {
    done: &'f AtomicUsize,
}

impl Rising<'_> {
    /// Waits until as many more were answered 201.
    pub fn wait_for(self, more: usize) {
        let wanted = self.done.load(Ordering::SeqCst) + more;
        while self.done.load(Ordering::SeqCst) < wanted {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Lets people sign up while `meanwhile` runs. Each goes on to the next address whatever the answer, which is 201 or 503.
///
/// # Panics
/// An answer is another.
pub fn flood<T>(client: &Client, meanwhile: impl FnOnce(Rising<'_>) -> T) -> (Flood, T) {
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (client, stop, done) = (client.clone(), &stop, &done);
                scope.spawn(move || work(worker, &client, stop, done))
            })
            .collect();
        let stopped = Stop(&stop);
        let result = meanwhile(Rising { done: &done });
        drop(stopped);
        let mut whole = Flood::default();
        for worker in workers {
            let part = worker.join().expect("an answer is 201 or 503");
            whole.promised.extend(part.promised);
            whole.unavailable += part.unavailable;
        }
        (whole, result)
    })
}

/// Ends the flood also where `meanwhile` panics.
struct Stop<'f>(&'f AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn work(worker: usize, client: &Client, stop: &AtomicBool, done: &AtomicUsize) -> Flood {
    let mut flood = Flood::default();
    let mut number = 0;
    while !stop.load(Ordering::SeqCst) {
        number += 1;
        let email = format!("w{worker}-n{number}@flood.test");
        let body = json!({"email": email, "password": PASSWORD}).to_string();
        match client.try_raw("POST", "/v1/auth/signup", Some("application/json"), Some(body.as_bytes())) {
            Ok(answer) if answer.status == 201 => {
                flood.promised.push(email);
                done.fetch_add(1, Ordering::SeqCst);
            }
            // An overloaded server says so, and one whose database is away; a dead one says nothing.
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{}", answer.body);
                flood.unavailable += 1;
                thread::sleep(Duration::from_millis(20));
            }
            Err(_) => break,
        }
    }
    flood
}
