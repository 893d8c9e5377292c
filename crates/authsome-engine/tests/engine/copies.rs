//! Copies of environments.

use authsome_core::entity::{Entity, Page};
use authsome_core::environment::{EnvironmentType, Settings};
use authsome_core::error::Code;
use authsome_core::formconfig::FormConfig;
use authsome_core::records::Row;
use authsome_core::time::Seconds;
use authsome_core::webhook::Webhook;
use authsome_engine::{EnvironmentCopy, SignUp};

use crate::common::filled::{add_webhooks_and_forms, count, rows, tables};
use crate::common::*;

#[tokio::test]
async fn a_copy_has_the_settings_forms_and_webhooks_of_its_source_and_nothing_else() {
    let world = World::new().await;
    world.configure("staging", serde_json::json!({ "session_ttl": 600, "min_password_length": 9 })).await;
    world.fill("staging").await;
    let source = world.named("staging").await;
    let before = rows(&source.scope(), &world.store).await;
    world.advance(seconds(5));
    let copy = EnvironmentCopy {
        settings: Settings { session_ttl: Some(Seconds(900)), ..Settings::default() }.into(),
        webhook_url: Some("https://hooks.example.com/copy".to_owned()),
        ..copy_named("Copy")
    };
    let made = world.environments().await.copy(source.id, &copy).await.unwrap();
    assert_eq!((made.slug.as_str(), made.kind, made.color.as_str()), ("copy", EnvironmentType::Custom, "#8B5CF6"));
    assert!(made.is_active && !made.is_default.0);
    assert_eq!(made.settings, Settings { session_ttl: Some(Seconds(900)), ..source.settings.clone() });

    let scope = made.scope();
    for table in tables() {
        let copied = ["authsome_form_configs", "authsome_webhooks"].contains(&table.name.as_str());
        let found = count(table, &scope, &world.store).await;
        assert_eq!(found, u64::from(copied), "{}", table.name);
    }
    let form = async |at| FormConfig::find(at).one(&*world.store).await.unwrap().unwrap();
    let (from, to) = (form(&source.scope()).await, form(&scope).await);
    assert_ne!(from.id, to.id);
    assert_eq!((from.form_type, from.fields), (to.form_type, to.fields));
    let webhook = async |at| Webhook::find(at).one(&*world.store).await.unwrap().unwrap();
    let (from, to) = (webhook(&source.scope()).await, webhook(&scope).await);
    assert_ne!(from.id, to.id);
    assert_ne!(from.sealed_secret, to.sealed_secret);
    assert_eq!((from.events, from.description), (to.events, to.description));
    assert!(from.enabled && !to.enabled);
    assert_eq!(to.url, "https://hooks.example.com/copy");
    assert_eq!(rows(&source.scope(), &world.store).await, before, "the source stays as it is");
    let form = serde_json::Map::from_iter([("company".to_owned(), "Analytical Engines".into())]);
    let alice = SignUp { form, ..registration(ALICE) };
    let _signed_up = world.environment("copy").await.auth().sign_up(alice, &client()).await.unwrap();
}

#[tokio::test]
async fn a_copy_without_another_address_keeps_the_addresses_of_its_webhooks() {
    let world = World::new().await;
    world.fill("staging").await;
    let made = world.environments().await.copy(world.named("staging").await.id, &copy_named("Copy")).await.unwrap();
    let webhook = Webhook::find(&made.scope()).one(&*world.store).await.unwrap().unwrap();
    assert_eq!((webhook.url.as_str(), webhook.enabled), ("https://hooks.example.com/here", false));
}

#[tokio::test]
async fn a_copy_that_is_refused_leaves_nothing() {
    let world = World::new().await;
    world.fill("staging").await;
    let staging = world.named("staging").await.id;
    let events = world.app_events().await.len();
    let wrong = EnvironmentCopy {
        settings: Settings { session_ttl: Some(Seconds(1)), ..Settings::default() }.into(),
        ..copy_named("Copy")
    };
    let environments = world.environments().await;
    assert_eq!(code(environments.copy(staging, &wrong).await), Code::InvalidRequest);
    assert_eq!(code(environments.copy(staging, &copy_named("Production")).await), Code::Conflict);
    assert_eq!(world.environments().await.list(Page::default()).await.unwrap().data.len(), 3);
    assert_eq!(world.app_events().await.len(), events);
    let webhooks: Vec<Row> = Webhook::find(&world.environment("production").await.scope())
        .all(&*world.store)
        .await
        .unwrap()
        .iter()
        .map(Entity::to_row)
        .collect();
    assert!(webhooks.is_empty());
}

#[tokio::test]
async fn a_copy_has_every_webhook_and_form_of_its_source_however_many() {
    let world = World::new().await;
    let source = world.named("staging").await;
    add_webhooks_and_forms(&world, &source.scope(), 1_001).await;
    let made = world.environments().await.copy(source.id, &copy_named("Copy")).await.unwrap().scope();
    assert_eq!(Webhook::find(&made).count(&*world.store).await.unwrap(), 1_001);
    assert_eq!(FormConfig::find(&made).count(&*world.store).await.unwrap(), 1_001);
}

#[tokio::test]
async fn the_address_of_a_copys_webhooks_must_be_one() {
    let world = World::new().await;
    let staging = world.named("staging").await.id;
    let long = format!("https://hooks.example.com/{}", "x".repeat(2_000));
    for url in ["hooks.example.com", "javascript:alert(1)", "https://a b", &long] {
        let copy = EnvironmentCopy { webhook_url: Some(url.to_owned()), ..copy_named("Copy") };
        let error = world.environments().await.copy(staging, &copy).await.unwrap_err();
        assert_eq!((error.code(), error.fields()[0].field.as_str()), (Code::InvalidRequest, "webhook_url"), "{url}");
    }
}
