//! What plugins bring: what can be declared, settings of their own, and rows that expire or are taken along.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::entity::Entity;
use authsome_core::environment::{Setting, Settings};
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::plugin::{
    Capabilities, DueNotice, EnvironmentData, Host, Letter, NoticeKind, Plugin, SecondFactor, UserData,
};
use authsome_core::records::Records;
use authsome_core::route::{Guard, RateClass, RateLimit, Reply, Request, Route};
use authsome_core::scope::Scope;
use authsome_core::store::StoreTx;
use authsome_core::time::{Seconds, Timestamp};
use authsome_engine::{BuildError, Config, Engine, EnvironmentPatch};
use authsome_store_memory::MemoryStore;
use http::{Method, StatusCode};

use crate::common::slips::{SLIP_COLOR, SLIP_TTL, Slip, Slips};
use crate::common::*;

/// A plugin that brings these things.
struct Brings(&'static str, fn() -> Capabilities);

impl Plugin for Brings {
    fn name(&self) -> &'static str {
        self.0
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(self.1())
    }
}

/// A second factor, or a kind of mail, of a name.
struct Named(&'static str);

#[async_trait]
impl SecondFactor for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn offers(&self, _: &Scope, _: UserId, _: &dyn Records) -> Result<Vec<&'static str>, Error> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl NoticeKind for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn letter(&self, _: &DueNotice<'_>) -> Result<Option<Letter>, Error> {
        Ok(None)
    }
}

/// Passwords once more, under another name.
struct MorePasswords;

impl Plugin for MorePasswords {
    fn name(&self) -> &'static str {
        "more_passwords"
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities { password: passwords().install(host)?.password, ..Capabilities::default() })
    }
}

/// Rows that can be neither taken along nor removed.
struct Stuck;

fn stuck() -> Brings {
    Brings("stuck", || Capabilities {
        user_data: Some(Arc::new(Stuck)),
        environment_data: Some(Arc::new(Stuck)),
        ..Capabilities::default()
    })
}

#[async_trait]
impl UserData for Stuck {
    async fn export(&self, _: &dyn Records, _: &Scope, _: UserId) -> Result<serde_json::Value, Error> {
        Ok(serde_json::json!({}))
    }

    async fn erase(&self, _: &dyn Records, _: &Scope, _: UserId) -> Result<(), Error> {
        Err(Error::new(Code::Forbidden, "not today"))
    }
}

#[async_trait]
impl EnvironmentData for Stuck {
    async fn copy(&self, _: &Scope, _: &Scope, _: Timestamp, _: &dyn StoreTx) -> Result<(), Error> {
        Err(Error::new(Code::Forbidden, "not today"))
    }
}

fn build(plugins: Vec<Brings>) -> Result<Engine, BuildError> {
    let builder = Engine::builder().store(Arc::new(MemoryStore::new()));
    plugins.into_iter().fold(builder, |builder, plugin| builder.plugin(plugin)).build()
}

fn method(name: &'static str) -> Capabilities {
    Capabilities { methods: vec![Arc::new(TestMethod(name))], ..Capabilities::default() }
}

fn factor(name: &'static str) -> Capabilities {
    Capabilities { second_factors: vec![Arc::new(Named(name))], ..Capabilities::default() }
}

fn notice(name: &'static str) -> Capabilities {
    Capabilities { notices: vec![Arc::new(Named(name))], ..Capabilities::default() }
}

fn setting(name: &'static str, built_in: u32) -> Capabilities {
    let declaration = Setting::<Seconds>::seconds(name, 1..=9, built_in, "How long.").declaration();
    Capabilities { settings: vec![declaration], ..Capabilities::default() }
}

fn route(rate: RateClass) -> Capabilities {
    let handler = |_: Request| async { Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    let route = Route::new(Method::GET, "/a").rate(rate).guard(Guard::Public).handler(handler);
    Capabilities { routes: vec![route], ..Capabilities::default() }
}

const fn class(name: &'static str, most: u32) -> RateClass {
    RateClass { name, address: Some(RateLimit::per_minute(most)), subject: None }
}

#[test]
fn what_only_one_plugin_can_bring_is_refused_from_a_second_one() {
    let twice = |what: &str, first: fn() -> Capabilities, second: fn() -> Capabilities| {
        let refused = build(vec![Brings("a", first), Brings("a_b", second)]);
        assert!(
            matches!(refused, Err(BuildError::Duplicate { what: found, .. }) if found == what),
            "{what}: {refused:?}"
        );
    };
    twice("authentication method", || method("x"), || method("x"));
    twice("second factor", || factor("x"), || factor("x"));
    twice("setting", || setting("x", 1), || setting("x", 2));
    twice("rate class", || route(class("a_b_c", 1)), || route(class("a_b_c", 2)));
    twice(
        "notice",
        || notice("a.x"),
        || Capabilities {
            notices: vec![Arc::new(Named("a_b.x")), Arc::new(Named("a_b.x"))],
            ..Capabilities::default()
        },
    );
    let core = build(vec![Brings("mail", || route(class("mail", 1)))]);
    assert!(matches!(core, Err(BuildError::Duplicate { what: "rate class", name: "mail" })), "{core:?}");
    let twice_by_one = || Capabilities {
        routes: [route(class("a_x", 1)), route(class("a_x", 2))]
            .into_iter()
            .flat_map(|brought| brought.routes)
            .collect(),
        ..Capabilities::default()
    };
    let refused = build(vec![Brings("a", twice_by_one)]);
    assert!(matches!(refused, Err(BuildError::Duplicate { what: "rate class", name: "a_x" })), "{refused:?}");
    let passwords = Engine::builder().store(Arc::new(MemoryStore::new())).plugin(passwords()).plugin(MorePasswords);
    let passwords = passwords.build();
    assert!(matches!(passwords, Err(BuildError::Duplicate { name: "password", .. })), "{passwords:?}");
    build(vec![Brings("a", || route(class("a_b_c", 1))), Brings("a_b", || route(class("a_b_c", 1)))]).unwrap();
}

#[test]
fn a_plugin_declares_names_of_its_own_alone() {
    let refused = |what: &str, brings: fn() -> Capabilities| {
        let refused = build(vec![Brings("a", brings)]);
        assert!(
            matches!(refused, Err(BuildError::Declaration { plugin: "a", what: found, .. }) if found == what),
            "{what}: {refused:?}"
        );
    };
    refused("notice", || notice("verify_email"));
    refused("notice", || notice("b.x"));
    refused("notice", || notice("ab.x"));
    refused("notice", || notice("a."));
    refused("notice", || notice("a.two words"));
    refused("notice", || notice("a.a_word_with_which_a_name_is_one_character_longer_than_it_may_be"));
    refused("authentication method", || method("carrier-pigeon"));
    refused("authentication method", || method(""));
    refused("second factor", || factor("Paper"));
    refused("setting", || setting("session_ttl", 1));
    refused("setting", || setting("Upper", 1));
    refused("setting", || setting("x", 10));
    refused("rate class", || route(class("b", 1)));
    refused("rate class", || route(class("a", 0)));
    refused("rate class", || route(class("a_name_of_more_than_32_characters", 1)));
    for name in ["", "Upper", "two words", "a-b"] {
        let refused = build(vec![Brings(name, Capabilities::default)]);
        assert!(matches!(refused, Err(BuildError::Declaration { what: "name", .. })), "{name}: {refused:?}");
    }
    let instant = RateLimit { most: 1, window: Duration::from_millis(1) };
    assert!(build(vec![Brings("a", || notice("a.x")), Brings("b", || notice("b.x"))]).is_ok());
    assert!(!RateClass { address: Some(instant), ..class("a", 1) }.is_valid());
    build(vec![Brings("a", || route(RateClass::MAIL))]).unwrap();
}

#[tokio::test]
async fn a_setting_of_a_plugin_has_the_precedence_of_cores() {
    let config: Settings = serde_json::from_str(r#"{"slip_ttl": 100}"#).unwrap();
    let world =
        World::with(|builder| builder.plugin(Slips).config(Config { settings: config, ..Config::default() })).await;
    let ttl = async || world.here().await.settings().get(&SLIP_TTL).0;
    assert_eq!(ttl().await, 100);
    let said: Settings = serde_json::from_str(r#"{"slip_ttl": 200}"#).unwrap();
    world.engine.apps().set_session_config(world.app().await, &said, TokenFormat::Opaque).await.unwrap();
    assert_eq!(ttl().await, 200);
    world.configure("development", serde_json::json!({ "slip_ttl": 300 })).await;
    assert_eq!(ttl().await, 300);
    let id = world.here().await.scope().env_id;
    let effective = serde_json::to_value(world.environments().await.effective_settings(id).await.unwrap()).unwrap();
    assert_eq!(effective["slip_ttl"], serde_json::json!({ "value": 300, "source": "environment" }));
    assert_eq!(effective["slip_color"], serde_json::json!({ "value": "red", "source": "built_in" }));
    world.configure("development", serde_json::json!({ "slip_ttl": null })).await;
    assert_eq!(ttl().await, 200);
    assert_eq!(world.here().await.settings().get(&SLIP_COLOR), "red");
}

#[tokio::test]
async fn a_setting_that_nobody_declares_or_that_is_out_of_range_is_refused_by_its_name() {
    let world = World::with_slips().await;
    let (id, app) = (world.here().await.scope().env_id, world.app().await);
    for (settings, field) in [
        (r#"{"slip_ttl": 59}"#, "settings.slip_ttl"),
        (r#"{"slip_ttl": "long"}"#, "settings.slip_ttl"),
        (r#"{"slip_color": "green"}"#, "settings.slip_color"),
        (r#"{"slip_tll": 60}"#, "settings.slip_tll"),
    ] {
        let patch = EnvironmentPatch { settings: Some(serde_json::from_str(settings).unwrap()), ..Default::default() };
        let patched =
            world.environments().await.update(id, &patch, authsome_core::confirmation::Confirm::NOTHING).await;
        let said = serde_json::from_str(settings).unwrap();
        let said = world.engine.apps().set_session_config(app, &said, TokenFormat::Opaque).await;
        for error in [patched.unwrap_err(), said.unwrap_err()] {
            assert_eq!(error.code(), Code::InvalidRequest, "{settings}");
            let fields: Vec<&str> = error.fields().iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, [field], "{settings}");
        }
    }
    for (settings, field) in
        [(r#"{"slip_ttl": 59}"#, "settings.slip_ttl"), (r#"{"slip_tll": 60}"#, "settings.slip_tll")]
    {
        let config = Config { settings: serde_json::from_str(settings).unwrap(), ..Config::default() };
        let refused = Engine::builder().store(Arc::new(MemoryStore::new())).plugin(Slips).config(config).build();
        assert!(matches!(refused, Err(BuildError::Config(fields)) if fields[0].field == field), "{settings}");
    }
}

#[tokio::test]
async fn what_a_plugin_that_is_gone_was_set_to_stays_and_keeps_no_other_setting_from_changing() {
    let world = World::with_slips().await;
    world.configure("development", serde_json::json!({ "slip_ttl": 100 })).await;
    let without = world.another_engine();
    let scope = world.here().await.scope();
    let settings = serde_json::json!({ "session_ttl": 600 });
    let patch = EnvironmentPatch { settings: Some(serde_json::from_value(settings).unwrap()), ..Default::default() };
    let environments = without.environments_of(scope.app_id);
    environments.update(scope.env_id, &patch, authsome_core::confirmation::Confirm::NOTHING).await.unwrap();
    world.advance(seconds(1));
    let settings = world.here().await.settings().clone();
    assert_eq!((settings.get(&SLIP_TTL).0, settings.session_ttl.0), (100, 600));
}

#[tokio::test]
async fn a_copy_keeps_the_settings_of_plugins_and_takes_their_rows_along() {
    let world = World::with_slips().await;
    let staging = world.configure("staging", serde_json::json!({ "slip_ttl": 100 })).await;
    let slip = world.slip(staging.scope()).await;
    world.slip(world.here().await.scope()).await;
    let made = world.environments().await.copy(staging.scope().env_id, &copy_named("Copy")).await.unwrap();
    assert_eq!(world.environment("copy").await.settings().get(&SLIP_TTL).0, 100);
    let copied = Slip::find(&made.scope()).all(&*world.store).await.unwrap();
    assert_eq!(copied.len(), 1, "those of its source alone");
    assert_ne!(copied[0].id, slip.id);
    assert!(slip.is_there(&world).await);
}

#[tokio::test]
async fn rows_of_a_plugin_are_deleted_once_they_are_expired_and_not_before() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let old = world.slip(here.scope()).await;
    world.advance(hours(1) - seconds(1));
    let fresh = world.slip(here.scope()).await;
    world.run_jobs().await;
    assert!(old.is_there(&world).await && fresh.is_there(&world).await);
    world.advance(seconds(2));
    world.run_jobs().await;
    assert!(!old.is_there(&world).await && fresh.is_there(&world).await);
}

#[tokio::test]
async fn expired_rows_of_a_plugin_are_deleted_in_every_environment_a_batch_at_a_time() {
    let world = World::with_slips().await;
    let scopes = [world.here().await.scope(), world.environment("staging").await.scope()];
    for scope in scopes {
        for _ in 0..600 {
            world.slip(scope).await;
        }
    }
    world.advance(hours(1) + seconds(1));
    world.store.asked();
    world.run_jobs().await;
    let asked = world.store.asked();
    assert_eq!(asked.iter().filter(|asked| *asked == "delete authsome_slips").count(), 3, "each of at most 500 rows");
    for scope in scopes {
        assert_eq!(Slip::find(&scope).count(&*world.store).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_copy_ends_as_a_whole_where_a_plugin_cannot_take_its_rows_along() {
    let world = World::with(|builder| builder.plugin(Slips).plugin(stuck())).await;
    let staging = world.environment("staging").await.scope();
    world.slip(staging).await;
    let (environments, events) = (world.environments().await, world.app_events().await.len());
    assert_eq!(code(environments.copy(staging.env_id, &copy_named("Copy")).await), Code::Forbidden);
    assert_eq!(code(environments.get_by_slug("copy").await), Code::NotFound);
    assert_eq!(world.app_events().await.len(), events);
}

#[tokio::test]
async fn nobody_is_erased_of_whom_a_plugin_cannot_remove_its_rows() {
    let world = World::with(|builder| builder.plugin(stuck())).await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    assert_eq!(code(here.users().erase(user.id).await), Code::Forbidden);
    assert_eq!(here.users().get(user.id).await.unwrap(), user);
}
