//! API keys.

use std::sync::Arc;

use authsome_core::apikey::ApiKey;
use authsome_core::confirmation::Confirm;
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::EnvironmentType;
use authsome_core::error::{Code, Error};
use authsome_core::id::{ApiKeyId, TypedId, UserId};
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::Principal;
use authsome_core::secret::Token;
use authsome_core::time::Timestamp;
use authsome_engine::{IssuedApiKey, NewApiKey, NewEnvironment};

use crate::common::*;

fn key() -> NewApiKey {
    NewApiKey { name: "Key".to_owned(), user_id: None, permissions: Vec::new(), expires_at: None }
}

fn key_of(user: UserId) -> NewApiKey {
    NewApiKey { user_id: Some(user), ..key() }
}

impl World {
    async fn key(&self, new: &NewApiKey) -> Result<IssuedApiKey, Error> {
        self.here().await.api_keys().create(new).await
    }

    /// Gives an owner keys, as many as these with one that is made as all are.
    async fn fill_with_keys(&self, new: &NewApiKey, number: u32) {
        let (made, entropy) = (self.key(new).await.unwrap().key, &**self.engine.entropy());
        for _ in 1..number {
            let id = ApiKeyId::generate(start_of_tests(), entropy).unwrap();
            let hash = Token::generate("ask_dev_", entropy).unwrap().hash();
            ApiKey { id, hash, ..made.clone() }.insert(&made.scope, &*self.store).await.unwrap();
        }
    }

    /// When a key that authenticates was last used.
    async fn used(&self, token: &Token) -> Option<Timestamp> {
        let Principal::ApiKey(key) = self.authenticate(token).await.unwrap().principal else { panic!("it is a key") };
        key.last_used_at
    }
}

#[tokio::test]
async fn a_key_begins_with_what_its_environment_is_for() {
    let world = World::new().await;
    world.environments().await.create(&NewEnvironment::new("Preview", EnvironmentType::Custom)).await.unwrap();
    let prefixes = [
        ("production", "ask_live_"),
        ("staging", "ask_test_"),
        ("development", "ask_dev_"),
        ("preview", "ask_custom_"),
    ];
    for (slug, prefix) in prefixes {
        let made = world.environment(slug).await.api_keys().create(&key()).await.unwrap();
        let token = made.token.expose();
        assert!(token.starts_with(prefix) && token.len() == prefix.len() + 43, "{slug}");
        assert_eq!(made.key.prefix, token[..prefix.len() + 6]);
    }
}

#[tokio::test]
async fn a_key_authenticates_in_its_environment_and_no_other_may_be_named() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    let made = staging.api_keys().create(&key()).await.unwrap();
    let engine = &world.engine;
    for found in [world.authenticate(&made.token).await, authenticate_in(&staging, engine, &made.token).await] {
        let found = found.unwrap();
        assert_eq!(found.environment.scope(), staging.scope());
        assert!(matches!(found.principal, Principal::ApiKey(found) if found.id == made.key.id));
    }
    for named in ["production", "development"] {
        let refused = authenticate_in(&world.environment(named).await, engine, &made.token).await;
        assert_eq!(code(refused), Code::SessionNotFound, "{named}");
    }
    for text in ["ask_", "ask_live_", "ask_dev_x", "ask_\0", &made.key.prefix] {
        assert_eq!(code(world.authenticate(&Token::presented(text)).await), Code::SessionNotFound);
    }
    let elsewhere = world.environment("production").await.api_keys();
    assert_eq!(code(elsewhere.get(made.key.id).await), Code::NotFound);
    assert_eq!(code(elsewhere.delete(made.key.id, &Principal::Administrator).await), Code::NotFound);
    assert!(elsewhere.list(&Principal::Administrator, Page::default()).await.unwrap().data.is_empty());
}

#[tokio::test]
async fn a_key_is_good_until_it_expires_and_no_longer() {
    let world = World::new().await;
    let new = NewApiKey { expires_at: Some(start_of_tests().plus(hours(1))), ..key() };
    let made = world.key(&new).await.unwrap();
    world.advance(hours(1) - seconds(1));
    world.authenticate(&made.token).await.unwrap();
    world.advance(seconds(1));
    assert_eq!(code(world.authenticate(&made.token).await), Code::TokenExpired);
    let past = NewApiKey { expires_at: Some(start_of_tests().plus(hours(1))), ..key() };
    let error = world.key(&past).await.unwrap_err();
    assert_eq!((error.code(), error.fields()[0].field.as_str()), (Code::InvalidRequest, "expires_at"));
}

#[tokio::test]
async fn a_deleted_key_is_refused_at_once() {
    let world = World::new().await;
    let made = world.key(&key()).await.unwrap();
    world.authenticate(&made.token).await.unwrap();
    let keys = world.here().await.api_keys();
    keys.delete(made.key.id, &Principal::Administrator).await.unwrap();
    assert_eq!(code(world.authenticate(&made.token).await), Code::SessionNotFound);
    assert_eq!(code(keys.delete(made.key.id, &Principal::Administrator).await), Code::NotFound);
    assert_eq!((world.count_of("api_key.created").await, world.count_of("api_key.deleted").await), (1, 1));
}

#[tokio::test]
async fn the_key_of_a_user_who_may_not_act_is_refused() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await.user.id;
    let bob = world.sign_up("bob@example.com").await.user.id;
    let (of_alice, of_bob) = (world.key(&key_of(alice)).await.unwrap(), world.key(&key_of(bob)).await.unwrap());
    let users = world.here().await.users();
    users.ban(alice).await.unwrap();
    assert_eq!(code(world.authenticate(&of_alice.token).await), Code::SessionNotFound);
    users.unban(alice).await.unwrap();
    world.authenticate(&of_alice.token).await.unwrap();
    users.delete(alice).await.unwrap();
    assert_eq!(code(world.authenticate(&of_alice.token).await), Code::SessionNotFound);
    assert_eq!(code(world.key(&key_of(alice)).await), Code::NotFound);
    world.authenticate(&of_bob.token).await.unwrap();
}

#[tokio::test]
async fn a_key_is_refused_while_its_environment_is_suspended() {
    let world = World::new().await;
    let made = world.key(&key()).await.unwrap();
    world.deactivate("development").await;
    assert_eq!(code(world.authenticate(&made.token).await), Code::EnvironmentInactive);
    world.environments().await.activate(world.here().await.scope().env_id).await.unwrap();
    world.authenticate(&made.token).await.unwrap();
}

#[tokio::test]
async fn a_key_is_noted_as_used_once_a_minute() {
    let world = World::new().await;
    let made = world.key(&key()).await.unwrap();
    assert_eq!(made.key.last_used_at, None);
    assert_eq!(world.used(&made.token).await, Some(start_of_tests()));
    world.advance(seconds(59));
    world.store.look();
    assert_eq!(world.used(&made.token).await, Some(start_of_tests()));
    assert_eq!(world.store.look().1, 0);
    world.advance(seconds(1));
    assert_eq!(world.used(&made.token).await, Some(start_of_tests().plus(seconds(60))));
    let stored = world.here().await.api_keys().get(made.key.id).await.unwrap();
    assert_eq!(stored.last_used_at, Some(start_of_tests().plus(seconds(60))));
    world.advance(seconds(60));
    world.store.set_read_only(true);
    world.authenticate(&made.token).await.unwrap();
}

#[tokio::test]
async fn a_key_has_the_permissions_that_it_was_given() {
    let world = World::new().await;
    let permissions = vec![Permission::read(Resource::Users), Permission::write(Resource::Webhooks)];
    let made = world.key(&NewApiKey { permissions: permissions.clone(), ..key() }).await.unwrap();
    assert_eq!(made.key.permissions, ["users:read", "webhooks:write"]);
    let stored = world.here().await.api_keys().get(made.key.id).await.unwrap();
    assert!(permissions.iter().all(|permission| permission.is_among(&stored.permissions)));
    assert!(!Permission::write(Resource::Users).is_among(&stored.permissions));
    let many = NewApiKey { permissions: vec![Permission::read(Resource::Users); 65], ..key() };
    assert_eq!(world.key(&many).await.unwrap_err().fields()[0].field, "permissions");
    for name in ["", " ", "a\nb", &"x".repeat(201)] {
        let error = world.key(&NewApiKey { name: name.to_owned(), ..key() }).await.unwrap_err();
        assert_eq!(error.fields()[0].field, "name");
    }
}

#[tokio::test]
async fn a_users_keys_are_listed_and_deleted_as_theirs_alone() {
    let world = World::new().await;
    let signed_up = world.sign_up(ALICE).await;
    let alice = &Principal::Session(Arc::new(signed_up.session));
    let bob = world.sign_up("bob@example.com").await.user.id;
    let of_alice = world.key(&key_of(signed_up.user.id)).await.unwrap().key;
    world.advance(seconds(1));
    let of_bob = world.key(&key_of(bob)).await.unwrap().key;
    world.advance(seconds(1));
    let own = world.key(&key()).await.unwrap().key;
    let keys = world.here().await.api_keys();
    assert_eq!(keys.list(alice, Page::default()).await.unwrap().data, std::slice::from_ref(&of_alice));
    assert_eq!(
        keys.list(&Principal::Administrator, Page::default()).await.unwrap().data,
        [own.clone(), of_bob.clone(), of_alice.clone()]
    );
    let first = keys.list(&Principal::Administrator, Page::first(2)).await.unwrap();
    assert_eq!(first.data, [own, of_bob.clone()]);
    let rest = keys.list(&Principal::Administrator, Page::after(first.next_cursor.unwrap(), 2)).await.unwrap();
    assert_eq!((rest.data, rest.next_cursor), (vec![of_alice.clone()], None));
    assert_eq!(code(keys.delete(of_bob.id, alice).await), Code::NotFound);
    keys.delete(of_alice.id, alice).await.unwrap();
    assert!(keys.list(alice, Page::default()).await.unwrap().data.is_empty());
}

#[tokio::test]
async fn a_key_outlives_a_change_of_its_environments_type() {
    let world = World::new().await;
    let made = world.key(&key()).await.unwrap();
    let id = world.here().await.scope().env_id;
    let patch = authsome_engine::EnvironmentPatch { kind: Some(EnvironmentType::Staging), ..Default::default() };
    world.environments().await.update(id, &patch, Confirm::NOTHING).await.unwrap();
    world.authenticate(&made.token).await.unwrap();
    assert!(world.key(&key()).await.unwrap().token.expose().starts_with("ask_test_"));
}

#[tokio::test]
async fn a_user_with_as_many_keys_as_there_may_be_keeps_nobody_else_from_having_one() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await.user.id;
    let bob = world.sign_up("bob@example.com").await.user.id;
    world.fill_with_keys(&key_of(alice), 1_000).await;
    assert_eq!(code(world.key(&key_of(alice)).await), Code::Conflict);
    world.key(&key_of(bob)).await.unwrap();
    world.fill_with_keys(&key(), 1_000).await;
    assert_eq!(code(world.key(&key()).await), Code::Conflict);
    world.key(&key_of(bob)).await.unwrap();
    world.environment("staging").await.api_keys().create(&key()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_that_are_made_at_once_do_not_exceed_the_limit() {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await.user.id;
    for new in [key_of(alice), key()] {
        world.fill_with_keys(&new, 997).await;
        let here = world.here().await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (keys, new) = (here.api_keys(), new.clone());
                tokio::spawn(async move { keys.create(&new).await })
            })
            .collect();
        let mut refused = Vec::new();
        for task in tasks {
            refused.extend(task.await.unwrap().err().map(|error| error.code()));
        }
        assert_eq!(refused, [Code::Conflict; 5]);
    }
    assert_eq!(ApiKey::find(&world.here().await.scope()).count(&*world.store).await.unwrap(), 2_000);
}

#[tokio::test]
async fn no_key_is_made_in_an_environment_that_was_deleted_meanwhile() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    world.environments().await.delete(staging.scope().env_id, Confirm::NOTHING).await.unwrap();
    assert_eq!(code(staging.api_keys().create(&key()).await), Code::NotFound);
}
