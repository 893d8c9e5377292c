//! [`Flood`]: people who sign up, sign in and use their sessions, on threads of their own, until they are told to end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};

/// People at the same time.
const WORKERS: usize = 8;
/// How long somebody waits who was told that there is an outage.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it may take until somebody is signed up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who was told 201.
#[derive(Clone, Debug)]
pub struct Person {
    /// The address.
    pub email: String,
    /// The session's token.
    pub token: String,
}

/// How many answers there were of each call and status; zero: none.
type Answers = BTreeMap<(&'static str, u16), usize>;

/// What the people were told.
#[derive(Debug)]
pub struct Told {
    /// Those who were told 201.
    pub people: Vec<Person>,
    answers: Answers,
}

impl Told {
    /// How many answers told of an outage.
    #[must_use]
    pub fn unavailable(&self) -> usize {
        self.answers.iter().filter(|((_, status), _)| *status == 503).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = self.answers.iter().map(|((call, status), count)| match status {
            0 => format!("{count} {call} unanswered"),
            _ => format!("{count} {call} {status}"),
        });
        f.write_str(&answers.collect::<Vec<_>>().join(", "))
    }
}

/// What the workers share.
#[derive(Debug)]
struct Shared {
    client: RwLock<Client>,
    server_dies: bool,
    stop: AtomicBool,
    signed_up: AtomicUsize,
    answers: Mutex<Answers>,
    wrong: Mutex<Vec<String>>,
}

/// A flood that is under way. It ends also where the test that holds it panics.
#[derive(Debug)]
pub struct Flood {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<Vec<Person>>>,
}

impl Flood {
    /// Begins one. `server_dies` says that a call may stay unanswered, because the server itself is killed.
    #[must_use]
    pub fn begin(client: Client, server_dies: bool) -> Self {
        let shared = Arc::new(Shared {
            client: RwLock::new(client),
            server_dies,
            stop: AtomicBool::new(false),
            signed_up: AtomicUsize::new(0),
            answers: Mutex::default(),
            wrong: Mutex::default(),
        });
        let start = |worker: usize| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.work(worker))
        };
        let workers = (0..WORKERS).map(start).collect();
        Self { shared, workers }
    }

    /// Waits until as many more people were told 201.
    ///
    /// # Errors
    /// They were not, within a minute.
    pub fn wait_for(&self, more: usize) -> Result<(), String> {
        let signed_up = || self.shared.signed_up.load(Ordering::SeqCst);
        let (wanted, step) = (signed_up() + more, Duration::from_millis(10));
        let mut waited = Duration::ZERO;
        while signed_up() < wanted {
            if waited > PATIENCE {
                return Err(format!("{more} more people were not signed up within {} s", PATIENCE.as_secs()));
            }
            thread::sleep(step);
            waited += step;
        }
        Ok(())
    }

    /// The people go to the server that runs now.
    pub fn reach(&self, client: Client) {
        *self.shared.client.write().unwrap_or_else(PoisonError::into_inner) = client;
    }

    /// Ends it.
    ///
    /// # Errors
    /// Somebody was told what nobody may be told.
    pub fn end(mut self) -> Result<Told, String> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut people = Vec::new();
        for worker in std::mem::take(&mut self.workers) {
            people.extend(worker.join().map_err(|_| "a worker panicked".to_owned())?);
        }
        let wrong = self.shared.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if !wrong.is_empty() {
            let shown: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
            return Err(format!("{} answers were wrong: {}", wrong.len(), shown.join("; ")));
        }
        let answers = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Told { people, answers })
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    fn work(&self, worker: usize) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for number in 0_usize.. {
            if self.stop.load(Ordering::SeqCst) {
                break;
            }
            let email = format!("w{worker}-n{number}@flood.test");
            let body = json!({"email": email, "password": PASSWORD});
            if let Some(answer) = self.call("sign-ups", "POST", "/signup", None, Some(&body), 201) {
                people.push(Person { email, token: answer.session_token() });
                self.signed_up.fetch_add(1, Ordering::SeqCst);
            }
            // Somebody from before, another one each time.
            let Some(person) = people.get(number * 7 % people.len().max(1)).cloned() else { continue };
            for _ in 0..4 {
                self.call("session checks", "GET", "/me", Some(&person.token), None, 200);
            }
            if number.is_multiple_of(4) {
                let body = json!({"email": person.email, "password": PASSWORD});
                self.call("sign-ins", "POST", "/signin", None, Some(&body), 200);
            }
        }
        people
    }

    /// The answer, where it has the expected status. An outage is told as 503, and nothing else is.
    fn call(
        &self,
        call: &'static str,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        expected: u16,
    ) -> Option<Answer> {
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner).clone();
        let client = token.map_or_else(|| client.clone(), |token| client.token(token));
        let body = body.map(|body| body.to_string().into_bytes());
        let sent = client.try_raw(method, &format!("/v1/auth{path}"), Some("application/json"), body.as_deref());
        let status = sent.as_ref().map_or(0, |answer| answer.status);
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry((call, status)).or_default() += 1;
        match sent {
            Ok(answer) if answer.status == expected => return Some(answer),
            Ok(answer) if answer.status == 503 => thread::sleep(PAUSE),
            Err(_) if self.server_dies => thread::sleep(PAUSE),
            Ok(answer) => self.wrong(format!("{call}: {} {}", answer.status, answer.body)),
            Err(error) => self.wrong(format!("{call}: {error}")),
        }
        None
    }

    fn wrong(&self, what: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}
