//! Background jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::account::{PasswordReset, Verification};
use authsome_core::attempt::{Lockout, RateWindow};
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::organization::Invitation;
use authsome_core::plugin::{Capabilities, Host, Job, Plugin};
use authsome_core::route::RateClass;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::time::Timestamp;

use crate::common::*;

/// Waits, in real time, until something holds.
async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to hold");
}

#[tokio::test]
async fn what_is_expired_is_deleted_and_nothing_else() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    let here = world.here().await;
    here.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    assert_eq!(code(world.sign_in("nobody@example.com", "wrong password").await), Code::InvalidCredentials);
    let limiter = world.engine.rate_limiter();
    limiter.check(RateClass::SIGN_IN, &here.scope(), client().ip, Some("a")).await.unwrap();
    let count = async || {
        let (scope, store) = (here.scope(), &*world.store);
        [
            Session::find(&scope).count(store).await.unwrap(),
            RefreshToken::find(&scope).count(store).await.unwrap(),
            PasswordReset::find(&scope).count(store).await.unwrap(),
            Lockout::find(&scope).count(store).await.unwrap(),
            RateWindow::find(&scope).count(store).await.unwrap(),
        ]
    };
    world.run_jobs().await;
    assert_eq!(count().await, [1, 1, 1, 1, 2]);
    world.advance(days(2));
    world.run_jobs().await;
    assert_eq!(count().await, [1, 1, 0, 0, 0]);
    world.advance(days(29));
    world.run_jobs().await;
    assert_eq!(count().await, [0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn mailed_links_and_invitations_are_deleted_once_they_are_expired() {
    let world = World::new().await;
    world.fill("development").await;
    let scope = world.here().await.scope();
    let count = async || {
        let verifications = Verification::find(&scope).count(&*world.store).await.unwrap();
        (verifications > 0, Invitation::find(&scope).count(&*world.store).await.unwrap())
    };
    for (after, left) in [(hours(1), (true, 1)), (days(5), (false, 1)), (days(2), (false, 0))] {
        world.advance(after);
        world.run_jobs().await;
        assert_eq!(count().await, left);
    }
}

#[tokio::test]
async fn clean_up_works_through_more_than_a_batch() {
    let world = World::new().await;
    let scope = world.here().await.scope();
    for number in 0..1_200 {
        RateWindow::count(&scope, &number.to_string(), start_of_tests(), &*world.store).await.unwrap();
    }
    world.advance(seconds(1));
    world.run_jobs().await;
    assert_eq!(RateWindow::find(&scope).count(&*world.store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_started_engine_sends_mail_at_once_and_a_stopped_one_sends_none() {
    let world = World::new().await;
    world.engine.start().await.unwrap();
    world.sign_up(ALICE).await;
    until(|| world.mails.tries() == 1).await;
    tokio::time::timeout(Duration::from_secs(10), world.engine.stop()).await.expect("it stops promptly");
    world.sign_up("bob@example.com").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.mails.tries(), 1);
    world.engine.start().await.unwrap();
    until(|| world.mails.tries() == 2).await;
    world.engine.stop().await;
}

/// A job that counts its runs, and fails in the first of them.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU32>);

impl Plugin for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { jobs: vec![Arc::new(self.clone())], ..Capabilities::default() })
    }
}

#[async_trait]
impl Job for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn every(&self) -> Duration {
        Duration::from_millis(1)
    }

    async fn run(&self, now: Timestamp) -> Result<bool, Error> {
        assert_eq!(now, start_of_tests());
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 { Err(Error::not_found()) } else { Ok(false) }
    }
}

#[tokio::test]
async fn a_plugins_job_runs_again_and_again_also_after_a_failure() {
    let counter = Counter::default();
    let world = World::with(|builder| builder.plugin(counter.clone())).await;
    world.engine.start().await.unwrap();
    until(|| counter.0.load(Ordering::SeqCst) > 3).await;
    world.engine.stop().await;
    let runs = counter.0.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(counter.0.load(Ordering::SeqCst), runs);
}

#[tokio::test]
async fn a_job_of_a_dropped_engine_ends() {
    let counter = Counter::default();
    let world = World::with(|builder| builder.plugin(counter.clone())).await;
    world.engine.start().await.unwrap();
    until(|| counter.0.load(Ordering::SeqCst) > 2).await;
    drop(world);
    // What is left is this test's counter, once every task and the engine itself are gone.
    until(|| Arc::strong_count(&counter.0) == 1).await;
}

#[tokio::test]
async fn a_store_that_is_down_for_a_while_kills_no_job() {
    let world = World::new().await;
    world.engine.start().await.unwrap();
    world.store.set_down(true);
    world.engine.run_jobs_once().await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(50)).await;
    world.store.set_down(false);
    world.sign_up(ALICE).await;
    until(|| world.mails.tries() == 1).await;
    world.engine.stop().await;
}
