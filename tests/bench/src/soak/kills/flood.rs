//! [`Flood`]: people who sign up, sign in and use their sessions, on threads of their own, until they are told to end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use authsome_tests::client::{Answer, Client, PASSWORD};
use serde_json::json;

use super::victim::{Kind, Victim};

const WORKERS: usize = 8;
/// How long somebody waits who was told that there is an outage.
const PAUSE: Duration = Duration::from_millis(50);

/// Somebody who was told 201.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) email: String,
    pub(super) token: String,
}

/// What the people were told.
pub(super) struct Told {
    pub(super) people: Vec<Person>,
    /// How many answers there were of each call and status; zero: none.
    answers: BTreeMap<(&'static str, u16), usize>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers: Vec<String> = self
            .answers
            .iter()
            .map(|((call, status), count)| match status {
                0 => format!("{count} {call} unanswered"),
                _ => format!("{count} {call} {status}"),
            })
            .collect();
        f.write_str(&answers.join(", "))
    }
}

/// What the workers share.
struct Shared {
    client: RwLock<Client>,
    /// Whether a call may stay unanswered, because the server itself is killed.
    server_dies: bool,
    stop: AtomicBool,
    signed_up: AtomicUsize,
    answers: Mutex<BTreeMap<(&'static str, u16), usize>>,
    wrong: Mutex<Vec<String>>,
}

pub(super) struct Flood {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<Vec<Person>>>,
}

impl Flood {
    pub(super) fn begin(victim: &Victim) -> Self {
        let shared = Arc::new(Shared {
            client: RwLock::new(victim.client()),
            server_dies: victim.kind == Kind::Server,
            stop: AtomicBool::new(false),
            signed_up: AtomicUsize::new(0),
            answers: Mutex::default(),
            wrong: Mutex::default(),
        });
        let start = |worker: usize| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.work(worker))
        };
        let workers = (0..WORKERS).map(start).collect();
        Self { shared, workers }
    }

    /// How many people were told 201 so far.
    pub(super) fn signed_up(&self) -> usize {
        self.shared.signed_up.load(Ordering::SeqCst)
    }

    /// The people go to the server that runs now.
    pub(super) fn reach(&self, victim: &Victim) {
        *self.shared.client.write().unwrap_or_else(PoisonError::into_inner) = victim.client();
    }

    /// Ends it; an error where somebody was told what nobody may be told.
    pub(super) fn end(self) -> Result<Told> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut people = Vec::new();
        for worker in self.workers {
            people.extend(worker.join().map_err(|_| anyhow!("a worker panicked"))?);
        }
        let wrong = self.shared.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if !wrong.is_empty() {
            let shown: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
            bail!("{} answers were wrong: {}", wrong.len(), shown.join("; "));
        }
        let answers = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Told { people, answers })
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
                people.push(Person { email, token: answer.text("/session/token") });
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
        body: Option<&serde_json::Value>,
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
            Ok(answer) if answer.status == 503 => std::thread::sleep(PAUSE),
            Err(_) if self.server_dies => std::thread::sleep(PAUSE),
            Ok(answer) => self.wrong(format!("{call}: {} {}", answer.status, answer.body)),
            Err(error) => self.wrong(format!("{call}: {error}")),
        }
        None
    }

    fn wrong(&self, what: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}
