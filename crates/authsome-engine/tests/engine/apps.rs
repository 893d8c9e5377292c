//! Making, changing and naming apps.

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::{Entity, Page};
use authsome_core::error::Code;
use authsome_core::event::AppEvent;
use authsome_core::route::Principal;
use authsome_engine::{AppPatch, NewApp, Published};

use crate::common::*;

fn named(name: &str) -> NewApp {
    NewApp { name: name.to_owned(), slug: None }
}

#[tokio::test]
async fn a_publishable_key_puts_a_request_into_its_app() {
    let world = World::new().await;
    let new = NewApp { name: "Second App".to_owned(), slug: None };
    let second = world.engine.apps().create(&new).await.unwrap();
    assert_eq!(second.slug, "second-app");
    assert_eq!(code(world.engine.apps().create(&new).await), Code::Conflict);
    let active = world.engine.select(Some(&second.publishable_key), Some("production")).await.unwrap();
    assert_eq!(active.environment.app_id, second.id);
    let there = world.engine.handle(active);
    let issued = sign_up_in(&there, ALICE).await;
    world.sign_up(ALICE).await;
    let authenticated = world.authenticate(&issued.token).await.unwrap();
    assert_eq!(authenticated.environment.scope(), there.scope());
    let id = there.scope().env_id.to_string();
    assert_eq!(code(world.engine.environment(&id).await), Code::NotFound, "it is another app's");
    world.engine.environment_of(second.id, &id).await.unwrap();
}

#[tokio::test]
async fn a_change_of_an_app_changes_what_it_names_and_is_one_event() {
    let world = World::new().await;
    let apps = world.engine.apps();
    let made = apps.create(&named("Second App")).await.unwrap();
    world.advance(seconds(5));
    let metadata = serde_json::json!({ "team": "web" }).as_object().cloned();
    let patch = AppPatch { slug: Some("web".to_owned()), metadata: Some(metadata), ..AppPatch::default() };
    let changed = apps.update(made.id, &patch).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.slug.as_str()), ("Second App", "web"));
    assert_eq!(changed.publishable_key, made.publishable_key);
    assert_eq!(apps.update(made.id, &patch).await.unwrap(), changed);
    assert_eq!(apps.get_by_slug("web").await.unwrap(), changed);
    assert_eq!(code(apps.get_by_slug("second-app").await), Code::NotFound);
    let events = AppEvent::find(&made.id).filter(AppEvent::ACTION.eq("app.updated")).count(&*world.store).await;
    assert_eq!(events.unwrap(), 1);
    let taken = AppPatch { slug: Some("default".to_owned()), ..AppPatch::default() };
    assert_eq!(code(apps.update(made.id, &taken).await), Code::Conflict);
    let wrong = AppPatch { slug: Some("No Slug".to_owned()), ..AppPatch::default() };
    assert_eq!(code(apps.update(made.id, &wrong).await), Code::InvalidRequest);
}

#[tokio::test]
async fn the_configured_app_keeps_its_slug_and_is_not_deleted() {
    let world = World::new().await;
    let (apps, app) = (world.engine.apps(), world.app().await);
    let patch = AppPatch { slug: Some("other".to_owned()), ..AppPatch::default() };
    assert_eq!(code(apps.update(app, &patch).await), Code::Conflict);
    let renamed = AppPatch { name: Some("Renamed".to_owned()), ..AppPatch::default() };
    assert_eq!(apps.update(app, &renamed).await.unwrap().name, "Renamed");
    for confirm in [Confirm::NOTHING, Confirm::to(Destructive::DeleteApp)] {
        assert_eq!(code(apps.delete(app, confirm).await), Code::Conflict);
    }
    world.sign_up(ALICE).await;
}

#[tokio::test]
async fn a_replaced_publishable_key_is_refused_at_once() {
    let world = World::new().await;
    let apps = world.engine.apps();
    let made = apps.create(&named("Second")).await.unwrap();
    world.engine.select(Some(&made.publishable_key), None).await.unwrap();
    let replaced = apps.replace_publishable_key(made.id).await.unwrap();
    assert!(replaced.publishable_key.starts_with("apk_") && replaced.publishable_key != made.publishable_key);
    assert_eq!(code(world.engine.select(Some(&made.publishable_key), None).await), Code::InvalidRequest);
    let active = world.engine.select(Some(&replaced.publishable_key), None).await.unwrap();
    assert_eq!(active.environment.app_id, made.id);
    let find = AppEvent::find(&made.id).filter(AppEvent::ACTION.eq("app.publishable_key_replaced"));
    assert_eq!(find.count(&*world.store).await.unwrap(), 1);
}

#[tokio::test]
async fn deleting_an_app_is_always_confirmed() {
    let world = World::new().await;
    let apps = world.engine.apps();
    let made = apps.create(&named("Second")).await.unwrap();
    for confirm in [Confirm::NOTHING, Confirm::to(Destructive::DeleteEnvironment)] {
        let error = apps.delete(made.id, confirm).await.unwrap_err();
        assert_eq!(error.code(), Code::ConfirmationRequired);
        assert_eq!(error.extra()["action"], "delete-app");
    }
    apps.delete(made.id, Confirm::to(Destructive::DeleteApp)).await.unwrap();
    assert_eq!(code(apps.delete(made.id, Confirm::to(Destructive::DeleteApp)).await), Code::NotFound);
    assert_eq!(apps.list(Page::default()).await.unwrap().data.len(), 1);
}

#[tokio::test]
async fn a_request_that_meets_an_app_being_deleted_has_named_none() {
    let world = World::new().await;
    let made = world.engine.apps().create(&named("Second")).await.unwrap();
    world.engine.apps().delete(made.id, Confirm::to(Destructive::DeleteApp)).await.unwrap();
    let met = world.engine.foundation().select_published(Some(&Published::App(made.id)), None).await;
    assert_eq!(code(met), Code::InvalidRequest);
}

#[tokio::test]
async fn the_deletion_of_an_app_is_an_event_and_so_is_that_of_each_of_its_environments() {
    let world = World::new().await;
    let apps = world.engine.apps().acting(&Principal::Administrator);
    let made = apps.create(&named("Second")).await.unwrap();
    let environments = world.engine.environments_of(made.id);
    environments.delete(environments.get_by_slug("staging").await.unwrap().id, Confirm::NOTHING).await.unwrap();
    let [production, development] = [
        environments.get_by_slug("production").await.unwrap().id,
        environments.get_by_slug("development").await.unwrap().id,
    ];
    world.advance(seconds(1));
    apps.delete(made.id, Confirm::to(Destructive::DeleteApp)).await.unwrap();
    let mut events = AppEvent::find(&made.id).all(&*world.store).await.unwrap();
    events.retain(|event| event.created_at > start_of_tests());
    let mut seen: Vec<(&str, String)> =
        events.iter().map(|event| (event.action.as_str(), event.target.clone().unwrap())).collect();
    seen.sort();
    let mut expected = [
        ("app.deleted", made.id.to_string()),
        ("environment.deleted", production.to_string()),
        ("environment.deleted", development.to_string()),
    ];
    expected.sort();
    assert_eq!(seen, expected);
    assert!(events.iter().all(|event| event.actor.as_deref() == Some("administrator")));
}
