//! Fifty callers at once, on two stores of one database: check-and-act is one step.

mod counters;
mod rules;
mod winners;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::scope::Scope;
use authsome_core::store::Store;
use authsome_core::user::User;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::case::Case;
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::{Home, Item, Sample, homes};

pub(crate) fn cases() -> Vec<Case> {
    [winners::cases(), counters::cases(), rules::cases()].concat()
}

const CALLERS: u32 = 50;

/// All callers start at once; what they answer, in the order in which they end.
async fn race<T, F>(callers: u32, call: impl Fn(u32) -> F) -> Outcome<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(usize::try_from(callers).unwrap_or(1)));
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (gate, call) = (Arc::clone(&gate), call(caller));
        tasks.spawn(async move {
            gate.wait().await;
            call.await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

/// Two stores on one database, which callers take in turn.
struct Pair([Arc<dyn Store>; 2]);

impl Pair {
    async fn of(cx: &Cx) -> Outcome<Self> {
        Ok(Self([Arc::clone(cx.store()), cx.another().await?]))
    }

    fn for_caller(&self, caller: u32) -> Arc<dyn Store> {
        let [even, odd] = &self.0;
        Arc::clone(if caller.is_multiple_of(2) { even } else { odd })
    }
}

fn home() -> Home {
    homes()[0]
}

fn scope() -> Scope {
    home().scope
}

fn item() -> Item {
    Item::sample(&home(), 1)
}

/// One of the answers is something; the others are nothing.
fn one_winner<T>(answers: &[Option<T>]) -> Outcome {
    ensure_eq!(answers.iter().flatten().count(), 1, "winners of {}", answers.len());
    Ok(())
}

/// One of the callers did it.
fn one_did(answers: Vec<bool>) -> Outcome {
    one_winner(&answers.into_iter().map(|did| did.then_some(())).collect::<Vec<_>>())
}

/// Whether it was done; false if the key was taken.
fn did(result: Result<(), StoreError>, key: &str) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_conflict_on(key) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Runs a transaction until contention no longer keeps it from its end: with fifty callers on one row, the attempts of
/// one run may not suffice.
async fn at_last<T, F, R>(mut run: F) -> Result<T, StoreError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, StoreError>>,
{
    loop {
        match run().await {
            Err(error) if error.is_transient() => {}
            result => return result,
        }
    }
}

async fn user(cx: &Cx, number: u32) -> Outcome<User> {
    let user = User::sample(&home(), number);
    cx.store().create_user(&scope(), &user).await?;
    Ok(user)
}

/// The answers are the numbers from 1, each once.
fn each_once(answers: Vec<u32>) -> Outcome {
    let numbers: BTreeSet<u32> = answers.into_iter().collect();
    ensure_eq!(numbers, (1..=CALLERS).collect::<BTreeSet<u32>>());
    Ok(())
}
