//! Environments do not see each other.

use authsome_core::entity::Page;
use authsome_core::error::Code;
use authsome_core::user::UserQuery;
use authsome_engine::{DevicePatch, ProfilePatch};

use crate::common::*;

#[tokio::test]
async fn one_address_is_two_people_in_two_environments() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    let production = world.environment("production").await;
    let in_staging = sign_up_in(&staging, ALICE).await;
    let in_production = sign_up_in(&production, ALICE).await;
    assert_ne!(in_staging.user.id, in_production.user.id);
    let changed = password("another password altogether");
    staging.account().change_password(&in_staging.session, &password(PASSWORD), &changed).await.unwrap();
    sign_in_at(&production, ALICE, PASSWORD).await.unwrap();
    let refused = staging.auth().sign_in(credentials(ALICE, PASSWORD), &client()).await;
    assert_eq!(code(refused), Code::InvalidCredentials);
}

#[tokio::test]
async fn nothing_of_one_environment_is_found_in_another() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    let production = world.environment("production").await;
    let issued = sign_up_in(&staging, ALICE).await;
    let (user, session) = (issued.user.id, &issued.session);
    let device = session.device_id.unwrap();

    assert_eq!(code(production.sessions().get(session.id).await), Code::SessionNotFound);
    assert_eq!(code(production.sessions().revoke(session.id).await), Code::NotFound);
    assert_eq!(code(production.sessions().revoke_all(user).await), Code::NotFound);
    assert_eq!(code(production.sessions().list(user, Page::default()).await), Code::NotFound);
    assert_eq!(code(production.auth().sign_out(session).await), Code::SessionNotFound);
    let users = production.users();
    assert_eq!(code(users.get(user).await), Code::NotFound);
    assert_eq!(code(users.get_by_email(ALICE).await), Code::NotFound);
    assert!(users.list(&UserQuery::default(), Page::default()).await.unwrap().data.is_empty());
    assert_eq!(code(users.update_profile(user, &ProfilePatch::default()).await), Code::NotFound);
    assert_eq!(code(users.ban(user).await), Code::NotFound);
    assert_eq!(code(users.unlock(user).await), Code::NotFound);
    assert_eq!(code(users.set_password(user, &password(PASSWORD)).await), Code::NotFound);
    assert_eq!(code(users.delete(user).await), Code::NotFound);
    assert_eq!(code(users.erase(user).await), Code::NotFound);
    assert_eq!(code(users.export(user).await), Code::NotFound);
    let devices = production.devices();
    assert_eq!(code(devices.update(user, device, &DevicePatch::default()).await), Code::NotFound);
    assert_eq!(code(devices.delete(user, device).await), Code::NotFound);
    assert!(devices.list(user, Page::default()).await.unwrap().data.is_empty());

    world.authenticate(&issued.token).await.unwrap();
    staging.sessions().get(session.id).await.unwrap();
}

#[tokio::test]
async fn a_token_acts_in_its_environment_and_no_other_may_be_named() {
    let world = World::new().await;
    let staging = world.environment("staging").await;
    let issued = sign_up_in(&staging, ALICE).await;
    let engine = &world.engine;
    for found in [world.authenticate(&issued.token).await, authenticate_in(&staging, engine, &issued.token).await] {
        assert_eq!(found.unwrap().environment.scope(), staging.scope());
    }
    for other in ["production", "development"] {
        let refused = authenticate_in(&world.environment(other).await, engine, &issued.token).await;
        assert_eq!(code(refused), Code::SessionNotFound, "{other}");
    }
}

#[tokio::test]
async fn a_request_without_a_credential_is_put_where_it_says() {
    let world = World::new().await;
    let engine = &world.engine;
    let slug = |active: std::sync::Arc<authsome_core::route::ActiveEnvironment>| active.environment.slug.clone();
    assert_eq!(slug(engine.select(None, None).await.unwrap()), "development");
    assert_eq!(slug(engine.select(None, Some("production")).await.unwrap()), "production");
    let id = world.environment("staging").await.scope().env_id.to_string();
    assert_eq!(slug(engine.select(None, Some(&id)).await.unwrap()), "staging");
    assert_eq!(code(engine.select(None, Some("nowhere")).await), Code::InvalidRequest);
    assert_eq!(code(engine.select(None, Some("a\0b")).await), Code::InvalidRequest);
    assert_eq!(code(engine.select(Some("apk_unknown"), None).await), Code::InvalidRequest);
    assert_eq!(code(engine.environment("nowhere").await), Code::NotFound);
    world.deactivate("staging").await;
    assert_eq!(slug(engine.select(None, Some("staging")).await.unwrap()), "staging");
}
