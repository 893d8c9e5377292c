//! Export and erasure.

use authsome_core::entity::Entity;
use authsome_core::user::User;
use serde_json::json;

use super::fixtures::{NOW, World, cheap};

#[tokio::test]
async fn an_export_says_when_the_password_was_set_and_never_the_hash() {
    let world = World::new().await;
    let installed = world.install(cheap());
    let export = || installed.user_data().export(world.records(), &world.scope, world.user);
    assert_eq!(export().await.unwrap(), json!({"password": null}));
    world.set(&installed, "the password", NOW).await;
    let time = "1970-01-01T00:00:00.000Z";
    assert_eq!(export().await.unwrap(), json!({"password": {"created_at": time, "updated_at": time}}));
}

#[tokio::test]
async fn erasing_removes_the_password_of_this_environment_alone() {
    let world = World::new().await;
    let installed = world.install(cheap());
    let elsewhere = world.another_environment().await;
    world.set(&installed, "the password", NOW).await;
    installed.user_data().erase(world.records(), &elsewhere, world.user).await.unwrap();
    assert!(world.verify(&installed, "the password").await.unwrap());
    installed.user_data().erase(world.records(), &world.scope, world.user).await.unwrap();
    assert!(world.stored().await.is_none());
    assert!(!world.verify(&installed, "the password").await.unwrap());
    installed.user_data().erase(world.records(), &world.scope, world.user).await.unwrap();
}

#[tokio::test]
async fn a_password_goes_with_its_user() {
    let world = World::new().await;
    let installed = world.install(cheap());
    world.set(&installed, "the password", NOW).await;
    User::delete(&world.scope).by_id(&world.user, world.records()).await.unwrap();
    assert!(world.stored().await.is_none());
}
