//! Lockout.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::*;
use async_trait::async_trait;
use authsome_core::environment::PasswordPolicy;
use authsome_core::environment::Settings;
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::plugin::{Capabilities, Host, PasswordDigest, PasswordGeneration, PasswordMethod, Plugin};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::secret::Password;
use authsome_core::time::{Seconds, Timestamp};
use authsome_engine::Engine;

async fn guess(world: &World, times: u32) {
    for _ in 0..times {
        assert_eq!(code(world.sign_in(ALICE, "wrong password").await), Code::InvalidCredentials);
    }
}

#[tokio::test]
async fn after_the_last_allowed_failure_even_the_right_password_is_refused_for_a_while() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    guess(&world, 10).await;
    let error = world.sign_in(ALICE, PASSWORD).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), (Code::AccountLocked, Some(Seconds(900))));
    world.advance(seconds(899));
    let error = world.sign_in(ALICE, PASSWORD).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), (Code::AccountLocked, Some(Seconds(1))));
    world.advance(seconds(1));
    world.sign_in(ALICE, PASSWORD).await.unwrap();
    assert_eq!(world.count_of("account.locked").await, 1);
}

#[tokio::test]
async fn a_success_begins_the_count_anew() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    guess(&world, 9).await;
    world.sign_in(ALICE, PASSWORD).await.unwrap();
    guess(&world, 9).await;
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn after_a_lock_the_count_begins_anew() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    guess(&world, 10).await;
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::AccountLocked);
    world.advance(seconds(900));
    guess(&world, 9).await;
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn failures_count_over_all_names_and_all_ways_of_giving_a_password() {
    let world = World::with_settings(Settings { lockout_max_attempts: Some(3), ..Settings::default() }).await;
    let here = world.here().await;
    let registration = authsome_engine::SignUp { username: Some("alice".parse().unwrap()), ..registration(ALICE) };
    here.auth().sign_up(registration, &client()).await.unwrap();
    let session = world.sign_in(ALICE, PASSWORD).await.unwrap().session;
    guess(&world, 1).await;
    let by_name = authsome_engine::SignIn {
        identifier: authsome_core::identity::Identifier::Username("alice".parse().unwrap()),
        password: password("wrong password"),
    };
    assert_eq!(code(here.auth().sign_in(by_name, &client()).await), Code::InvalidCredentials);
    let wrong = password("wrong password");
    assert_eq!(code(here.auth().reauthenticate(&session, &wrong).await), Code::InvalidCredentials);
    assert_eq!(code(here.auth().reauthenticate(&session, &password(PASSWORD)).await), Code::AccountLocked);
    let changed = here.account().change_password(&session, &password(PASSWORD), &password("another password")).await;
    assert_eq!(code(changed), Code::AccountLocked);
}

#[tokio::test]
async fn a_limit_at_or_below_the_failures_that_there_are_locks_from_the_next_attempt_on_without_a_wait() {
    for (email, limit) in [(ALICE, 5), (ALICE, 2), ("nobody@example.com", 5), ("nobody@example.com", 2)] {
        let world = World::new().await;
        world.sign_up(ALICE).await;
        for _ in 0..5 {
            assert_eq!(code(world.sign_in(email, "wrong password").await), Code::InvalidCredentials);
        }
        world.configure("development", serde_json::json!({ "lockout_max_attempts": limit })).await;
        let attempt = tokio::time::timeout(seconds(5), world.sign_in(email, PASSWORD));
        let error = attempt.await.unwrap().unwrap_err();
        assert_eq!((error.code(), error.retry()), (Code::AccountLocked, Some(Seconds(900))));
        world.advance(seconds(899));
        assert_eq!(code(world.sign_in(email, PASSWORD).await), Code::AccountLocked);
        assert_eq!(world.count_of("account.locked").await, 1);
        world.advance(seconds(1));
        assert_eq!(code(world.sign_in(email, "wrong password").await), Code::InvalidCredentials);
    }
}

#[tokio::test]
async fn a_lock_holds_for_as_long_as_it_says_however_old_the_failures_are() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    guess(&world, 5).await;
    world.advance(hours(23));
    let stricter = serde_json::json!({ "lockout_max_attempts": 5, "lockout_duration": 7_200 });
    world.configure("development", stricter).await;
    let locked = world.sign_in(ALICE, PASSWORD).await.unwrap_err();
    assert_eq!((locked.code(), locked.retry()), (Code::AccountLocked, Some(Seconds(7_200))));
    world.advance(seconds(7_199));
    world.run_jobs().await;
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::AccountLocked);
    world.advance(seconds(1));
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_limit_above_the_failures_that_there_are_leaves_the_rest() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    guess(&world, 5).await;
    world.configure("development", serde_json::json!({ "lockout_max_attempts": 7 })).await;
    guess(&world, 2).await;
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::AccountLocked);
}

#[tokio::test]
async fn one_environments_failures_do_not_lock_anothers_account() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    sign_up_in(&staging, ALICE).await;
    world.sign_up(ALICE).await;
    guess(&world, 10).await;
    assert_eq!(code(world.sign_in(ALICE, PASSWORD).await), Code::AccountLocked);
    sign_in_at(&staging, ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_administrator_ends_a_lock() {
    let world = World::new().await;
    let user = world.sign_up(ALICE).await.user;
    guess(&world, 10).await;
    world.here().await.users().unlock(user.id).await.unwrap();
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn where_lockout_is_off_nothing_is_counted() {
    let world = World::with_settings(Settings { lockout_enabled: Some(false), ..Settings::default() }).await;
    world.sign_up(ALICE).await;
    guess(&world, 12).await;
    world.sign_in(ALICE, PASSWORD).await.unwrap();
}

/// A password method that only counts how often it is asked.
#[derive(Clone, Default)]
struct Asked {
    verified: Arc<AtomicU32>,
    overloaded: bool,
    hangs: bool,
}

impl Plugin for Asked {
    fn name(&self) -> &'static str {
        "asked"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities {
            methods: vec![Arc::new(TestMethod("password"))],
            password: Some(Arc::new(self.clone())),
            ..Capabilities::default()
        })
    }
}

#[async_trait]
impl PasswordMethod for Asked {
    fn check(&self, _: &PasswordPolicy, _: &Password) -> Result<(), Error> {
        Ok(())
    }

    async fn hash(&self, _: &Password) -> Result<PasswordDigest, Error> {
        Ok(PasswordDigest::new(String::new()))
    }

    async fn set(&self, _: &dyn Records, _: &Scope, _: UserId, _: &PasswordDigest, _: Timestamp) -> Result<(), Error> {
        Ok(())
    }

    async fn verify(
        &self,
        _: &dyn Records,
        _: &Scope,
        _: Option<UserId>,
        _: &Password,
    ) -> Result<Option<PasswordGeneration>, Error> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if self.overloaded { Err(Error::new(Code::Unavailable, "overloaded")) } else { Ok(None) }
    }

    async fn is_current(&self, _: &dyn Records, _: &Scope, _: UserId, _: PasswordGeneration) -> Result<bool, Error> {
        Ok(true)
    }
}

async fn engine_with(plugin: Asked) -> Engine {
    let engine = Engine::builder().store(Arc::new(Watched::default())).plugin(plugin).build().unwrap();
    engine.prepare().await.unwrap();
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_guesses_at_once_no_more_than_the_maximum_are_verified() {
    for known in [true, false] {
        let asked = Asked::default();
        let engine = engine_with(asked.clone()).await;
        let here = engine.default_environment().await.unwrap();
        if known {
            here.auth().sign_up(registration(ALICE), &client()).await.unwrap();
        }
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let auth = here.auth();
                tokio::spawn(async move { code(auth.sign_in(credentials(ALICE, "wrong password"), &client()).await) })
            })
            .collect();
        let mut wrong = 0;
        for task in tasks {
            match task.await.unwrap() {
                Code::InvalidCredentials => wrong += 1,
                Code::AccountLocked => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((wrong, asked.verified.load(Ordering::SeqCst)), (10, 10), "known: {known}");
    }
}

#[tokio::test]
async fn an_attempt_that_could_not_be_verified_does_not_count() {
    let asked = Asked { overloaded: true, ..Asked::default() };
    let engine = engine_with(asked).await;
    let here = engine.default_environment().await.unwrap();
    for _ in 0..20 {
        assert_eq!(code(here.auth().sign_in(credentials(ALICE, PASSWORD), &client()).await), Code::Unavailable);
    }
}

#[tokio::test]
async fn an_attempt_whose_caller_went_away_does_not_count() {
    let asked = Asked { hangs: true, ..Asked::default() };
    let engine = engine_with(asked.clone()).await;
    let here = engine.default_environment().await.unwrap();
    for number in 1..=15 {
        let auth = here.auth();
        let attempt = tokio::spawn(async move { auth.sign_in(credentials(ALICE, PASSWORD), &client()).await.is_ok() });
        while asked.verified.load(Ordering::SeqCst) < number {
            assert!(!attempt.is_finished(), "attempt {number} was refused");
            tokio::task::yield_now().await;
        }
        attempt.abort();
        attempt.await.unwrap_err();
    }
}

#[tokio::test]
async fn right_passwords_at_once_lock_nobody_out() {
    let world = World::with_settings(Settings { lockout_max_attempts: Some(2), ..Settings::default() }).await;
    world.sign_up(ALICE).await;
    let here = world.here().await;
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let auth = here.auth();
            tokio::spawn(async move { auth.sign_in(credentials(ALICE, PASSWORD), &client()).await.map(|_| ()) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(world.count_of("account.locked").await, 0);
}
