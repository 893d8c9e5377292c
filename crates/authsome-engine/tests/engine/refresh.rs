//! Refreshing sessions.

use std::collections::BTreeSet;
use std::sync::Arc;

use authsome_core::entity::Page;
use authsome_core::environment::Settings;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{Capabilities, Host, Plugin, Proof, SignedIn};
use authsome_core::secret::Token;
use authsome_core::time::Seconds;

use crate::common::*;

async fn refresh(world: &World, token: &Token) -> Result<SignedIn, Error> {
    world.here().await.auth().refresh(token, &client()).await
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens_of_the_same_session() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    world.advance(days(1));
    let second = refresh(&world, &first.refresh_token).await.unwrap();
    assert_eq!(second.session.id, first.session.id);
    assert_ne!(second.token.expose(), first.token.expose());
    assert_ne!(second.refresh_token.expose(), first.refresh_token.expose());
    assert_eq!(second.session.expires_at, start_of_tests().plus(days(8)));
    assert_eq!(code(world.authenticate(&first.token).await), Code::SessionNotFound);
    world.authenticate(&second.token).await.unwrap();
    world.advance(days(1));
    refresh(&world, &second.refresh_token).await.unwrap();
}

#[tokio::test]
async fn an_expired_token_is_no_obstacle_to_a_refresh() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    world.advance(days(8));
    assert_eq!(code(world.authenticate(&first.token).await), Code::TokenExpired);
    let second = refresh(&world, &first.refresh_token).await.unwrap();
    world.authenticate(&second.token).await.unwrap();
}

#[tokio::test]
async fn within_the_grace_period_the_same_child_is_given_again() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    let child = refresh(&world, &first.refresh_token).await.unwrap();
    world.advance(seconds(10));
    let again = refresh(&world, &first.refresh_token).await.unwrap();
    assert_eq!(again.token.expose(), child.token.expose());
    assert_eq!(again.refresh_token.expose(), child.refresh_token.expose());
    assert_eq!(again.session, child.session);
    world.authenticate(&again.token).await.unwrap();
    assert_eq!(world.count_of("session.refreshed").await, 1);
}

#[tokio::test]
async fn after_the_grace_period_the_whole_family_is_revoked() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    let other = world.sign_in(ALICE, PASSWORD).await.unwrap();
    let second = refresh(&world, &first.refresh_token).await.unwrap();
    world.advance(seconds(5));
    let third = refresh(&world, &second.refresh_token).await.unwrap();
    world.advance(seconds(6));
    assert_eq!(code(refresh(&world, &first.refresh_token).await), Code::SessionNotFound);
    for token in [&first.token, &second.token, &third.token] {
        assert_eq!(code(world.authenticate(token).await), Code::SessionNotFound);
    }
    assert_eq!(code(refresh(&world, &third.refresh_token).await), Code::SessionNotFound);
    world.authenticate(&other.token).await.unwrap();
    assert_eq!(world.count_of("session.replayed").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_refreshes_at_once_all_get_the_same_child() {
    let world = World::new().await;
    let first = world.sign_up(ALICE).await;
    let here = world.here().await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (auth, token) = (here.auth(), first.refresh_token.clone());
            tokio::spawn(async move { auth.refresh(&token, &client()).await.unwrap() })
        })
        .collect();
    let mut children = BTreeSet::new();
    for task in tasks {
        let issued = task.await.unwrap();
        children.insert((issued.token.expose().to_owned(), issued.refresh_token.expose().to_owned()));
    }
    assert_eq!(children.len(), 1);
    assert_eq!(world.count_of("session.refreshed").await, 1);
    assert_eq!(here.sessions().list(first.user.id, Page::default()).await.unwrap().data.len(), 1);
}

/// A method beside passwords.
struct Pigeons;

impl Plugin for Pigeons {
    fn name(&self) -> &'static str {
        "pigeons"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { methods: vec![Arc::new(TestMethod("pigeon"))], ..Capabilities::default() })
    }
}

#[tokio::test]
async fn a_session_is_refreshed_while_the_method_that_made_it_is_allowed_and_a_refusal_consumes_nothing() {
    let world = World::with(|builder| builder.plugin(Pigeons)).await;
    let by_password = world.sign_up(ALICE).await;
    let auth = world.here().await.auth();
    // The proofs of a session say nothing of its method.
    let by_pigeon = Proof { method: "pigeon", ..proven(&["pwd"]) };
    let by_pigeon = auth.complete_sign_in(by_password.user.id, by_pigeon).await.unwrap().signed_in().unwrap();
    let by_password = auth.complete_sign_in(by_password.user.id, proven(&["hwk"])).await;
    let by_password = by_password.unwrap().signed_in().unwrap();
    let mut sessions = [by_password, by_pigeon];
    let methods = ["password", "pigeon"];
    assert_eq!(sessions.each_ref().map(|issued| issued.session.method.as_str()), methods);
    for allowed in [&[][..], &["password"], &["pigeon"], &["carrier-pigeon"], &methods] {
        world.advance(seconds(11));
        world.configure("development", serde_json::json!({ "allowed_auth_methods": allowed })).await;
        for issued in &mut sessions {
            world.authenticate(&issued.token).await.unwrap();
            match refresh(&world, &issued.refresh_token).await {
                Ok(next) => {
                    assert!(allowed.contains(&issued.session.method.as_str()));
                    assert_eq!(next.session.method, issued.session.method);
                    *issued = next;
                }
                Err(error) => {
                    assert!(!allowed.contains(&issued.session.method.as_str()));
                    assert_eq!(error.code(), Code::MethodNotAllowedHere);
                }
            }
        }
    }
}

#[tokio::test]
async fn refreshing_never_moves_the_absolute_end() {
    let world = World::new().await;
    let mut issued = world.sign_up(ALICE).await;
    let end = issued.session.refresh_expires_at;
    assert_eq!(end, start_of_tests().plus(days(30)));
    for _ in 0..5 {
        world.advance(days(5));
        issued = refresh(&world, &issued.refresh_token).await.unwrap();
        assert_eq!(issued.session.refresh_expires_at, end);
    }
    assert_eq!(issued.session.expires_at, end);
    world.advance(days(5));
    assert_eq!(code(refresh(&world, &issued.refresh_token).await), Code::TokenExpired);
}

#[tokio::test]
async fn a_refresh_in_a_suspended_environment_consumes_nothing() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.deactivate("development").await;
    assert_eq!(code(refresh(&world, &issued.refresh_token).await), Code::EnvironmentInactive);
    let scope = world.here().await.scope();
    world.engine.environments_of(scope.app_id).activate(scope.env_id).await.unwrap();
    world.advance(seconds(60));
    refresh(&world, &issued.refresh_token).await.unwrap();
}

#[tokio::test]
async fn a_refresh_acts_in_the_tokens_environment_and_no_other_may_be_named() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    let issued = sign_up_in(&staging, ALICE).await;
    for other in ["production", "development"] {
        let auth = world.environment(other).await.auth();
        assert_eq!(code(auth.refresh(&issued.refresh_token, &client()).await), Code::SessionNotFound);
    }
    let next = staging.auth().refresh(&issued.refresh_token, &client()).await.unwrap();
    assert_eq!(next.session.scope, staging.scope());
}

#[tokio::test]
async fn a_user_who_is_gone_refreshes_nothing() {
    let world = World::new().await;
    let users = world.here().await.users();
    let banned = world.sign_up(ALICE).await;
    users.ban(banned.user.id).await.unwrap();
    assert_eq!(code(refresh(&world, &banned.refresh_token).await), Code::SessionNotFound);
    let deleted = world.sign_up("bob@example.com").await;
    users.delete(deleted.user.id).await.unwrap();
    assert_eq!(code(refresh(&world, &deleted.refresh_token).await), Code::SessionNotFound);
}

#[tokio::test]
async fn a_user_who_was_banned_behind_the_engines_back_loses_the_family() {
    use authsome_core::entity::Entity;
    use authsome_core::user::User;
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let scope = world.here().await.scope();
    let update = User::update(&scope).filter(User::ID.eq(issued.user.id)).set(User::BANNED, true);
    update.one(&*world.store).await.unwrap();
    assert_eq!(code(refresh(&world, &issued.refresh_token).await), Code::SessionNotFound);
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
}

#[tokio::test]
async fn a_session_is_refreshed_sixty_times_a_minute_whatever_its_token_is() {
    let world = World::with_settings(Settings { session_ttl: Some(Seconds(60)), ..Settings::default() }).await;
    let mut issued = world.sign_up(ALICE).await;
    for _ in 0..60 {
        issued = refresh(&world, &issued.refresh_token).await.unwrap();
    }
    let error = refresh(&world, &issued.refresh_token).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), (Code::RateLimited, Some(Seconds(60))));
    world.advance(seconds(60));
    refresh(&world, &issued.refresh_token).await.unwrap();
}

#[tokio::test]
async fn what_is_no_refresh_token_is_not_found() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    for text in ["", "art_x", issued.token.expose()] {
        assert_eq!(code(refresh(&world, &Token::presented(text)).await), Code::SessionNotFound);
    }
}
