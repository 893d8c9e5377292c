//! What an environment is set to, read and written as a whole.

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Entity;
use authsome_core::environment::{EnvironmentType, Settings};
use authsome_core::error::Code;
use authsome_core::formconfig::{FieldKind, FormConfig, FormField};
use authsome_core::time::Seconds;
use authsome_core::webhook::Webhook;
use authsome_engine::{EnvironmentSetup, NewEnvironment, WebhookSetup};

use crate::common::filled::{add_webhooks_and_forms, rows};
use crate::common::*;

fn setup_named(name: &str) -> EnvironmentSetup {
    let field = FormField {
        name: "size".to_owned(),
        label: "Size".to_owned(),
        kind: FieldKind::Number,
        required: false,
        options: Vec::new(),
    };
    let settings = Settings { session_ttl: Some(Seconds(600)), ..Settings::default() };
    EnvironmentSetup {
        environment: NewEnvironment { settings, ..NewEnvironment::new(name, EnvironmentType::Custom) },
        forms: [("signup".to_owned(), vec![field])].into(),
        webhooks: vec![webhook("https://one.example"), webhook("https://two.example")],
    }
}

fn webhook(url: &str) -> WebhookSetup {
    WebhookSetup { url: url.to_owned(), description: None, events: Vec::new(), enabled: true, secret: None }
}

#[tokio::test]
async fn what_was_set_up_is_read_and_written_again_changes_nothing() {
    let world = World::new().await;
    let environments = world.environments().await;
    let made = environments.create_set_up(&setup_named("Preview")).await.unwrap();
    let read = environments.setup(made.id).await.unwrap();
    assert_eq!(read.environment.slug.as_deref(), Some("preview"));
    assert_eq!((&read.forms, &read.webhooks), (&setup_named("Preview").forms, &setup_named("Preview").webhooks));
    let (before, events) = (rows(&made.scope(), &world.store).await, world.app_events().await.len());
    world.advance(seconds(5));
    let same = environments.set_up(made.id, &read, &read, Confirm::NOTHING).await.unwrap();
    assert_eq!(same, made);
    assert_eq!(rows(&made.scope(), &world.store).await, before);
    assert_eq!(world.app_events().await.len(), events);
}

#[tokio::test]
async fn what_is_no_more_said_is_taken_away_and_webhooks_keep_their_secrets() {
    let world = World::new().await;
    let environments = world.environments().await;
    let made = environments.create_set_up(&setup_named("Preview")).await.unwrap();
    let before = environments.setup(made.id).await.unwrap();
    let hooks = async || Webhook::find(&made.scope()).all(&*world.store).await.unwrap();
    let secret_of =
        async |url: &str| hooks().await.into_iter().find(|hook| hook.url == url).map(|hook| hook.sealed_secret);
    let (one, two) = (secret_of("https://one.example").await, secret_of("https://two.example").await);
    assert_ne!(one, two);

    let mut after = before.clone();
    after.forms.clear();
    after.environment.settings = Settings::default();
    after.webhooks = vec![
        WebhookSetup { events: vec!["user.created".to_owned()], ..webhook("https://one.example") },
        WebhookSetup {
            secret: Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".parse().unwrap()),
            ..webhook("https://three.example")
        },
    ];
    world.advance(seconds(5));
    environments.set_up(made.id, &before, &after, Confirm::NOTHING).await.unwrap();
    assert_eq!(secret_of("https://one.example").await, one);
    assert_eq!(secret_of("https://two.example").await, None);
    after.webhooks[1].secret = None;
    after.webhooks.sort_by(|one, other| one.url.cmp(&other.url));
    assert_eq!(environments.setup(made.id).await.unwrap(), after);
    assert_eq!(world.app_events().await.last().unwrap().action, "environment.updated");
}

#[tokio::test]
async fn a_webhook_that_is_as_it_is_to_be_keeps_its_secret_where_another_of_its_address_changes() {
    let world = World::new().await;
    let environments = world.environments().await;
    let about = |event: &str| WebhookSetup { events: vec![event.to_owned()], ..webhook("https://one.example") };
    for changed_first in [true, false] {
        let name = format!("Preview {changed_first}");
        let setup = EnvironmentSetup { webhooks: vec![about("one"), about("two")], ..setup_named(&name) };
        let made = environments.create_set_up(&setup).await.unwrap();
        let hooks = async || Webhook::find(&made.scope()).all(&*world.store).await.unwrap();
        let of = async |event: &str| hooks().await.into_iter().find(|hook| hook.events == [event]);
        let (one, two) = (of("one").await.unwrap(), of("two").await.unwrap());
        for (gone, stays, name) in [(&one, &two, "three"), (&two, &one, "four")] {
            let before = environments.setup(made.id).await.unwrap();
            let mut after = before.clone();
            after.webhooks = vec![about(name), about(&stays.events[0])];
            if !changed_first {
                after.webhooks.reverse();
            }
            environments.set_up(made.id, &before, &after, Confirm::NOTHING).await.unwrap();
            assert_eq!(of(&stays.events[0]).await.as_ref(), Some(stays));
            let changed = of(name).await.unwrap();
            assert_eq!((changed.id, &changed.sealed_secret), (gone.id, &gone.sealed_secret));
            let back = environments.setup(made.id).await.unwrap();
            environments.set_up(made.id, &back, &before, Confirm::NOTHING).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_somebody_else_changed_since_it_was_read_is_not_overwritten() {
    let world = World::new().await;
    let (environments, staging) = (world.environments().await, world.named("staging").await);
    let before = environments.setup(staging.id).await.unwrap();
    world.configure("staging", serde_json::json!({ "session_ttl": 600 })).await;
    let mut after = before.clone();
    after.webhooks.push(webhook("https://one.example"));
    let refused = environments.set_up(staging.id, &before, &after, Confirm::NOTHING).await.unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert!(environments.setup(staging.id).await.unwrap().webhooks.is_empty());
}

#[tokio::test]
async fn nothing_is_made_of_a_setup_that_cannot_be() {
    let world = World::new().await;
    let environments = world.environments().await;
    let refused = async |change: &dyn Fn(&mut EnvironmentSetup)| {
        let mut setup = setup_named("Preview");
        change(&mut setup);
        environments.create_set_up(&setup).await.unwrap_err().fields()[0].field.clone()
    };
    let long = format!("https://one.example/{}", "x".repeat(2_000));
    for url in ["javascript:alert(1)", "one.example", "https://", "https://:80/", "https://one.example/a b", &long] {
        assert_eq!(refused(&|setup| setup.webhooks[1].url = url.to_owned()).await, "webhooks[1].url", "{url}");
    }
    assert_eq!(refused(&|setup| setup.webhooks[0].events = vec![String::new()]).await, "webhooks[0].events");
    assert_eq!(refused(&|setup| setup.forms = [(String::new(), Vec::new())].into()).await, "forms.");
    assert_eq!(refused(&|setup| setup.environment.color = Some("red".to_owned())).await, "color");
    let twice = |setup: &mut EnvironmentSetup| {
        let field = setup.forms["signup"][0].clone();
        setup.forms.get_mut("signup").unwrap().push(field);
    };
    assert_eq!(refused(&twice).await, "forms.signup");
    let no_options = |setup: &mut EnvironmentSetup| {
        let field = &mut setup.forms.get_mut("signup").unwrap()[0];
        (field.kind, field.options) = (FieldKind::Select, Vec::new());
    };
    assert_eq!(refused(&no_options).await, "forms.signup");
    for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        let reserved = |setup: &mut EnvironmentSetup| {
            setup.environment.metadata.insert(name.to_owned(), "1".to_owned());
        };
        assert_eq!(refused(&reserved).await, "metadata");
    }
    assert_eq!(environments.get_by_slug("preview").await.unwrap_err().code(), Code::NotFound);
    let taken = environments.create_set_up(&setup_named("Staging")).await.unwrap_err();
    assert_eq!(taken.code(), Code::Conflict);
}

#[tokio::test]
async fn taking_the_type_production_away_is_confirmed() {
    let world = World::new().await;
    let (environments, production) = (world.environments().await, world.named("production").await);
    let before = environments.setup(production.id).await.unwrap();
    let mut after = before.clone();
    after.environment.kind = EnvironmentType::Custom;
    let refused = environments.set_up(production.id, &before, &after, Confirm::NOTHING).await.unwrap_err();
    assert_eq!(refused.code(), Code::ConfirmationRequired);
    let confirm = Confirm::to(Destructive::ChangeEnvironmentType);
    let changed = environments.set_up(production.id, &before, &after, confirm).await.unwrap();
    assert_eq!(changed.kind, EnvironmentType::Custom);
}

#[tokio::test]
async fn every_webhook_and_form_is_read_and_written_however_many() {
    let world = World::new().await;
    let (environments, staging) = (world.environments().await, world.named("staging").await);
    add_webhooks_and_forms(&world, &staging.scope(), 1_001).await;
    let read = environments.setup(staging.id).await.unwrap();
    assert_eq!((read.webhooks.len(), read.forms.len()), (1_001, 1_001));
    let mut copy = read.clone();
    copy.environment.slug = Some("copy".to_owned());
    let made = environments.create_set_up(&copy).await.unwrap();
    assert_eq!(environments.setup(made.id).await.unwrap(), copy);
    let mut emptied = copy.clone();
    (emptied.webhooks, emptied.forms) = (Vec::new(), [].into());
    environments.set_up(made.id, &copy, &emptied, Confirm::NOTHING).await.unwrap();
    assert_eq!(Webhook::find(&made.scope()).count(&*world.store).await.unwrap(), 0);
    assert_eq!(FormConfig::find(&made.scope()).count(&*world.store).await.unwrap(), 0);
}
