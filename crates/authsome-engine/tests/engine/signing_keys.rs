//! The keys that sign JSON Web Tokens, and their rotation.

use std::collections::BTreeSet;

use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::entity::Entity;
use authsome_core::environment::Settings;
use authsome_core::error::Code;
use authsome_core::event::Event;
use authsome_core::plugin::SignedIn;
use authsome_core::route::Principal;
use authsome_core::secret::Token;
use authsome_core::signingkey::{SigningKey, SigningKeyState};
use authsome_engine::{Engine, Rotation};
use data_encoding::BASE64URL_NOPAD;

use crate::common::*;

/// A world whose tokens are JSON Web Tokens.
async fn with_jwts() -> World {
    let world = World::new().await;
    let app = world.app().await;
    world.engine.apps().set_session_config(app, &Settings::default(), TokenFormat::Jwt).await.unwrap();
    world
}

/// The id of the key that signed a token.
fn kid(token: &Token) -> String {
    let header = BASE64URL_NOPAD.decode(token.expose().split('.').next().unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn verify(engine: &Engine, token: &Token) -> Result<(), authsome_core::error::Error> {
    engine.default_environment().await.unwrap().signing_keys().verify(token.expose()).await.map(|_| ())
}

impl World {
    async fn rotate(&self, rotation: Rotation) -> Result<String, authsome_core::error::Error> {
        self.here().await.signing_keys().rotate(rotation).await.map(|id| id.to_string())
    }

    /// Says that the key that signs is known to somebody else.
    async fn compromise(&self) -> Result<String, authsome_core::error::Error> {
        let key = self.here().await.signing_keys().current().await.unwrap();
        self.rotate(Rotation::Compromised(key)).await
    }

    /// The ids of the published keys.
    async fn published(&self) -> BTreeSet<String> {
        self.here().await.signing_keys().key_set().await.unwrap().keys.into_iter().map(|key| key.kid).collect()
    }

    /// The id of the key in a state.
    async fn key_in(&self, state: SigningKeyState) -> Option<String> {
        let scope = self.here().await.scope();
        let key = SigningKey::find(&scope).filter(SigningKey::STATE.eq(state)).one(&*self.store).await.unwrap();
        key.map(|key| key.id.to_string())
    }

    async fn alice_signs_in(&self) -> SignedIn {
        self.sign_in(ALICE, PASSWORD).await.unwrap()
    }
}

#[tokio::test]
async fn an_environments_first_use_of_keys_makes_the_current_and_the_next_one() {
    let world = with_jwts().await;
    assert_eq!(world.key_in(SigningKeyState::Current).await, None);
    let issued = world.sign_up(ALICE).await;
    let (current, next) =
        (world.key_in(SigningKeyState::Current).await.unwrap(), world.key_in(SigningKeyState::Next).await.unwrap());
    assert_eq!(kid(&issued.token), current);
    assert_eq!(world.published().await, [current, next].into());
}

#[tokio::test]
async fn a_token_that_was_signed_before_a_rotation_verifies_after_it_and_the_next_key_signs() {
    let world = with_jwts().await;
    let before = world.sign_up(ALICE).await;
    let next = world.key_in(SigningKeyState::Next).await.unwrap();
    let published = world.published().await;
    assert_eq!(world.rotate(Rotation::Routine).await.unwrap(), next);
    let after = world.alice_signs_in().await;
    assert_eq!(kid(&after.token), next);
    assert!(published.contains(&next), "it was published before it signs");
    assert_eq!(world.published().await.len(), 3);
    assert!(world.published().await.is_superset(&published));
    for token in [&before.token, &after.token] {
        verify(&world.engine, token).await.unwrap();
        world.authenticate(token).await.unwrap();
    }
    world.advance(days(7) - seconds(1));
    verify(&world.engine, &before.token).await.unwrap();
}

#[tokio::test]
async fn other_processes_verify_what_is_signed_after_a_rotation_they_have_not_seen_and_it_what_they_sign() {
    let world = with_jwts().await;
    world.sign_up(ALICE).await;
    let other = world.another_engine();
    let signed_there = async || {
        let there = other.default_environment().await.unwrap();
        sign_in_at(&there, ALICE, PASSWORD).await.unwrap().token
    };
    let old = kid(&signed_there().await);
    let new = world.rotate(Rotation::Routine).await.unwrap();
    let here = world.alice_signs_in().await.token;
    assert_eq!(kid(&here), new);
    verify(&other, &here).await.unwrap();
    let there = signed_there().await;
    assert_eq!(kid(&there), old, "it has not seen the rotation");
    verify(&world.engine, &there).await.unwrap();
    world.advance(seconds(1));
    assert_eq!(kid(&signed_there().await), new);
}

#[tokio::test]
async fn a_rotation_waits_until_no_token_of_the_key_before_is_valid() {
    let world = with_jwts().await;
    world.sign_up(ALICE).await;
    world.rotate(Rotation::Routine).await.unwrap();
    world.advance(days(7) + seconds(119));
    let error = world.rotate(Rotation::Routine).await.unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    let until = start_of_tests().plus(days(7) + seconds(120));
    assert_eq!(error.extra()["until"], serde_json::to_value(until).unwrap());
    world.advance(seconds(1));
    world.rotate(Rotation::Routine).await.unwrap();
}

#[tokio::test]
async fn a_lifetime_that_was_lowered_does_not_cut_older_tokens_short() {
    let world = with_jwts().await;
    world.configure("development", serde_json::json!({ "session_ttl": 2_592_000 })).await;
    let long = world.sign_up(ALICE).await;
    world.configure("development", serde_json::json!({ "session_ttl": 600 })).await;
    world.rotate(Rotation::Routine).await.unwrap();
    world.advance(days(29));
    assert_eq!(code(world.rotate(Rotation::Routine).await), Code::Conflict);
    world.run_jobs().await;
    verify(&world.engine, &long.token).await.unwrap();
}

#[tokio::test]
async fn after_a_compromise_nothing_that_was_signed_before_verifies() {
    let world = with_jwts().await;
    let first = world.sign_up(ALICE).await;
    world.rotate(Rotation::Routine).await.unwrap();
    let second = world.alice_signs_in().await;
    let old: BTreeSet<String> = [kid(&first.token), kid(&second.token)].into();
    let signs = world.compromise().await.unwrap();
    for token in [&first.token, &second.token] {
        assert_eq!(code(verify(&world.engine, token).await), Code::SessionNotFound);
    }
    let published = world.published().await;
    assert!(published.len() == 2 && published.is_disjoint(&old) && published.contains(&signs));
    let third = world.alice_signs_in().await;
    assert_eq!(kid(&third.token), signs);
    verify(&world.engine, &third.token).await.unwrap();
}

#[tokio::test]
async fn after_a_compromise_a_session_goes_on_and_is_refreshed_to_a_token_that_verifies() {
    let world = with_jwts().await;
    let issued = world.sign_up(ALICE).await;
    let signs = world.compromise().await.unwrap();
    world.authenticate(&issued.token).await.unwrap();
    let refreshed = world.here().await.auth().refresh(&issued.refresh_token, &client()).await.unwrap();
    assert_eq!(kid(&refreshed.token), signs);
    verify(&world.engine, &refreshed.token).await.unwrap();
}

#[tokio::test]
async fn a_key_that_was_made_after_the_one_that_signs_is_published_for_a_while_first() {
    let world = with_jwts().await;
    world.sign_up(ALICE).await;
    world.advance(seconds(1));
    world.compromise().await.unwrap();
    assert_eq!(code(world.rotate(Rotation::Routine).await), Code::Conflict);
    world.advance(seconds(599));
    assert_eq!(code(world.rotate(Rotation::Routine).await), Code::Conflict);
    world.advance(seconds(1));
    world.rotate(Rotation::Routine).await.unwrap();
}

#[tokio::test]
async fn an_environment_with_a_current_key_alone_goes_on_and_gets_a_next_one() {
    let world = with_jwts().await;
    let issued = world.sign_up(ALICE).await;
    let scope = world.here().await.scope();
    let next = SigningKey::delete(&scope).filter(SigningKey::STATE.eq(SigningKeyState::Next));
    assert_eq!(next.batch(1, &*world.store).await.unwrap(), 1);
    world.advance(seconds(10));
    let again = world.alice_signs_in().await;
    assert_eq!(kid(&again.token), kid(&issued.token));
    verify(&world.engine, &issued.token).await.unwrap();
    assert_eq!(world.published().await.len(), 1);
    world.run_jobs().await;
    world.advance(seconds(1));
    assert_eq!(world.published().await.len(), 2);
    assert_eq!(code(world.rotate(Rotation::Routine).await), Code::Conflict);
    world.advance(seconds(600));
    world.rotate(Rotation::Routine).await.unwrap();
    verify(&world.engine, &issued.token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_rotations_at_once_one_happens() {
    let world = with_jwts().await;
    world.sign_up(ALICE).await;
    let next = world.key_in(SigningKeyState::Next).await;
    let mut tasks = Vec::new();
    for number in 0..16 {
        let engine = if number % 2 == 0 { world.engine.clone() } else { world.another_engine() };
        let here = engine.default_environment().await.unwrap();
        tasks.push(tokio::spawn(async move { here.signing_keys().rotate(Rotation::Routine).await }));
    }
    let mut happened = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => happened += 1,
            Err(error) => assert_eq!(error.code(), Code::Conflict),
        }
    }
    assert_eq!(happened, 1);
    assert_eq!(world.key_in(SigningKeyState::Current).await, next);
    assert_eq!(world.count_of("signing_key.rotated").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_say_that_a_key_is_compromised_one_drops_it_and_the_next_one_stays() {
    let world = with_jwts().await;
    world.sign_up(ALICE).await;
    let next = world.key_in(SigningKeyState::Next).await;
    let key = world.here().await.signing_keys().current().await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let here = world.here().await;
        tasks.push(tokio::spawn(async move { here.signing_keys().rotate(Rotation::Compromised(key)).await }));
    }
    let mut happened = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => happened += 1,
            Err(error) => assert_eq!(error.code(), Code::Conflict),
        }
    }
    assert_eq!(happened, 1);
    assert_eq!(world.key_in(SigningKeyState::Current).await, next);
    assert_eq!(world.count_of("signing_key.rotated").await, 1);
}

#[tokio::test]
async fn a_rotation_is_one_event_that_names_who_did_it_and_a_refused_one_is_none() {
    let world = with_jwts().await;
    let issued = world.sign_up(ALICE).await;
    let here = world.here().await.acting(&Principal::Administrator, &client());
    here.signing_keys().rotate(Rotation::Routine).await.unwrap();
    here.signing_keys().rotate(Rotation::Routine).await.unwrap_err();
    let find = Event::find(&here.scope()).filter(Event::ACTION.eq("signing_key.rotated"));
    let events = find.all(&*world.store).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].actor.as_deref(), Some("administrator"));
    assert_eq!(events[0].data, serde_json::json!({ "previous": kid(&issued.token), "compromised": false }));
}

#[tokio::test]
async fn a_job_rotates_a_key_that_signed_for_long_enough_and_drops_one_that_no_token_needs() {
    let world = with_jwts().await;
    let first = kid(&world.sign_up(ALICE).await.token);
    let there = world.environment("staging").await;
    let old_there = kid(&sign_up_in(&there, ALICE).await.token);
    world.advance(days(90) - seconds(1));
    world.run_jobs().await;
    assert_eq!(world.key_in(SigningKeyState::Current).await.as_ref(), Some(&first));
    world.advance(seconds(1));
    world.run_jobs().await;
    world.run_jobs().await;
    let second = kid(&world.alice_signs_in().await.token);
    assert_ne!(second, first);
    assert!(world.published().await.contains(&first));
    let signed_there = sign_in_at(&there, ALICE, PASSWORD).await.unwrap();
    assert_ne!(kid(&signed_there.token), old_there, "in every environment");
    assert_eq!(world.count_of("signing_key.rotated").await, 1);
    world.advance(days(7) + seconds(119));
    world.run_jobs().await;
    assert!(world.published().await.contains(&first));
    world.advance(seconds(1));
    world.run_jobs().await;
    assert!(!world.published().await.contains(&first));
    assert_eq!(world.published().await.len(), 2);
    assert_eq!(world.key_in(SigningKeyState::Current).await, Some(second));
}

#[tokio::test]
async fn a_job_makes_no_keys_where_none_are_used() {
    let world = World::new().await;
    world.sign_up(ALICE).await;
    world.advance(days(100));
    world.run_jobs().await;
    assert_eq!(SigningKey::find(&world.here().await.scope()).count(&*world.store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_refresh_that_is_repeated_across_a_rotation_gives_the_same_tokens() {
    let world = with_jwts().await;
    let issued = world.sign_up(ALICE).await;
    let refresh = async || world.here().await.auth().refresh(&issued.refresh_token, &client()).await.unwrap();
    let first = refresh().await;
    world.rotate(Rotation::Routine).await.unwrap();
    world.advance(seconds(5));
    let again = refresh().await;
    assert_eq!(again.token.expose(), first.token.expose());
    assert_eq!(again.refresh_token.expose(), first.refresh_token.expose());
    world.authenticate(&again.token).await.unwrap();
}
