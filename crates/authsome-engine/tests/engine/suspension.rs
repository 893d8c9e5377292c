//! Suspended environments.

use authsome_core::error::{Code, Error};

use crate::common::*;

#[tokio::test]
async fn in_a_suspended_environment_no_authentication_completes_and_afterwards_all_is_as_before() {
    let world = World::new().await;
    let handed = world.fill("development").await;
    let other = world.sign_in(ALICE, PASSWORD).await.unwrap();
    world.deactivate("development").await;
    let here = world.here().await;
    let (auth, account) = (here.auth(), here.account());
    let alice = ALICE.parse().unwrap();
    let refused = [
        code(world.sign_in(ALICE, PASSWORD).await),
        code(auth.sign_up(registration("carol@example.com"), &client()).await),
        code(auth.refresh(&handed.issued.refresh_token, &client()).await),
        code(auth.reauthenticate(&handed.issued.session, &password(PASSWORD)).await),
        code(world.authenticate(&handed.issued.token).await),
        code(world.authenticate(&handed.key).await),
        code(account.verify_email(&handed.verification).await),
        code(account.reset(&handed.reset, &password("a wholly new password")).await),
        code(account.forgot(&alice).await),
        code(account.resend_verification(&alice).await),
        code(account.change_email(&handed.issued.session, &alice).await),
    ];
    assert_eq!(refused, [Code::EnvironmentInactive; 11]);
    let staging = world.environment("staging").await;
    sign_up_in(&staging, ALICE).await;

    world.environments().await.activate(here.scope().env_id).await.unwrap();
    for token in [&handed.issued.token, &other.token, &handed.key] {
        world.authenticate(token).await.unwrap();
    }
    auth_of(&world).await.refresh(&handed.issued.refresh_token, &client()).await.unwrap();
    let account = world.here().await.account();
    account.verify_email(&handed.verification).await.unwrap();
    account.reset(&handed.reset, &password("a wholly new password")).await.unwrap();
}

async fn auth_of(world: &World) -> authsome_engine::Auth {
    world.here().await.auth()
}

#[tokio::test]
async fn a_suspension_does_not_lengthen_a_sessions_life() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.deactivate("development").await;
    world.advance(days(7));
    world.environments().await.activate(world.here().await.scope().env_id).await.unwrap();
    assert_eq!(code(world.authenticate(&issued.token).await), Code::TokenExpired);
    auth_of(&world).await.refresh(&issued.refresh_token, &client()).await.unwrap();
}

#[tokio::test]
async fn a_suspension_is_seen_by_another_process_after_a_second() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let other = world.another_engine();
    authenticate(&other, &issued.token, &client()).await.unwrap();
    world.deactivate("development").await;
    world.advance(seconds(1));
    let refused = authenticate(&other, &issued.token, &client()).await;
    assert_eq!(code(refused), Code::EnvironmentInactive);
}

/// Its commit may have happened, and only its answer been lost.
#[tokio::test]
async fn what_a_failed_change_may_have_changed_is_looked_up_anew() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    let other = world.another_engine();
    authenticate(&other, &issued.token, &client()).await.unwrap();
    world.deactivate("development").await;
    authenticate(&other, &issued.token, &client()).await.unwrap();
    let failed = other.foundation().change(|_| async { Err::<(), _>(Error::not_found()) }).await;
    assert_eq!(code(failed), Code::NotFound);
    let refused = authenticate(&other, &issued.token, &client()).await;
    assert_eq!(code(refused), Code::EnvironmentInactive);
}

#[tokio::test]
async fn an_administrator_has_a_link_mailed_in_a_suspended_environment_and_it_works_after_the_suspension() {
    let world = World::new().await;
    let issued = world.sign_up(ALICE).await;
    world.run_jobs().await;
    world.mails.take();
    world.deactivate("development").await;
    let here = world.here().await;
    here.users().send_password_reset(issued.user.id).await.unwrap();
    world.run_jobs().await;
    let (token, new) = (world.mails.one().token(), password("a wholly new password"));
    assert_eq!(code(here.account().reset(&token, &new).await), Code::EnvironmentInactive);
    world.environments().await.activate(here.scope().env_id).await.unwrap();
    world.here().await.account().reset(&token, &new).await.unwrap();
}
