//! A second factor is required only where a plugin brings one.

use std::sync::{Arc, Mutex};

use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::confirmation::Confirm;
use authsome_core::environment::{EnvironmentType, Settings};
use authsome_core::error::{Code, Error};
use authsome_engine::{Engine, EnvironmentPatch, NewEnvironment};

use crate::common::*;

fn required() -> Settings {
    Settings { mfa_required: Some(true), ..Settings::default() }
}

fn patch(settings: &serde_json::Value) -> EnvironmentPatch {
    EnvironmentPatch { settings: Some(serde_json::from_value(settings.clone()).unwrap()), ..Default::default() }
}

/// An engine on the world's store without a second factor.
fn without_factors(world: &World) -> Engine {
    TestKit::another_engine(world, |builder| builder.plugin(passwords()))
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.fields()[0].field.as_str()), (Code::InvalidRequest, "settings.mfa_required"));
}

#[tokio::test]
async fn where_no_plugin_brings_a_factor_none_can_be_required() {
    let world = World::new().await;
    let engine = without_factors(&world);
    let (scope, environments) = (world.here().await.scope(), engine.environments_of(world.app().await));
    let on = patch(&serde_json::json!({ "mfa_required": true }));
    refused(environments.update(scope.env_id, &on, Confirm::NOTHING).await);
    let new = NewEnvironment { settings: required(), ..NewEnvironment::new("New", EnvironmentType::Custom) };
    refused(environments.create(&new).await);
    let mut copy = copy_named("Copy");
    copy.settings.mfa_required = Some(Some(true));
    refused(environments.copy(scope.env_id, &copy).await);
    refused(engine.apps().set_session_config(scope.app_id, &required(), TokenFormat::Opaque).await);
    // With a factor, all of it goes.
    let (environments, apps) = (world.environments().await, world.engine.apps());
    environments.update(scope.env_id, &on, Confirm::NOTHING).await.unwrap();
    environments.create(&new).await.unwrap();
    environments.copy(scope.env_id, &copy).await.unwrap();
    apps.set_session_config(scope.app_id, &required(), TokenFormat::Opaque).await.unwrap();
}

#[tokio::test]
async fn where_it_was_required_before_its_plugin_was_gone_other_settings_change_and_it_can_be_switched_off() {
    let world = World::new().await;
    world.configure("development", serde_json::json!({ "mfa_required": true })).await;
    let engine = without_factors(&world);
    let (scope, environments) = (world.here().await.scope(), engine.environments_of(world.app().await));
    let change = async |settings: serde_json::Value| {
        environments.update(scope.env_id, &patch(&settings), Confirm::NOTHING).await.unwrap()
    };
    assert_eq!(change(serde_json::json!({ "session_ttl": 600 })).await.settings.mfa_required, Some(true));
    assert_eq!(environments.copy(scope.env_id, &copy_named("Copy")).await.unwrap().settings.mfa_required, Some(true));
    change(serde_json::json!({ "mfa_required": false })).await;
    refused(
        environments.update(scope.env_id, &patch(&serde_json::json!({ "mfa_required": true })), Confirm::NOTHING).await,
    );
}

#[tokio::test]
async fn an_import_takes_it_over_and_warns_of_it() {
    let world = World::new().await;
    let engine = without_factors(&world);
    let (scope, environments) = (world.here().await.scope(), engine.environments_of(world.app().await));
    let before = environments.setup(scope.env_id).await.unwrap();
    let mut after = before.clone();
    after.environment.settings.mfa_required = Some(true);
    let made = environments.set_up(scope.env_id, &before, &after, Confirm::NOTHING).await.unwrap();
    assert_eq!(made.settings.mfa_required, Some(true));
    assert_eq!(engine.warnings(&made.settings).len(), 1);
    assert!(world.engine.warnings(&made.settings).is_empty(), "a plugin brings one here");
    assert!(engine.warnings(&Settings::default()).is_empty());
}

/// Keeps the messages of warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::field::Visit for Warnings {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_start_warns_of_each_environment_in_which_nobody_can_sign_in() {
    let world = World::new().await;
    world.configure("staging", serde_json::json!({ "mfa_required": true })).await;
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let named = |name: &str| warnings.0.lock().unwrap().iter().any(|said| said.contains(name));
    world.another_engine().prepare().await.unwrap();
    assert!(!named("staging"));
    without_factors(&world).prepare().await.unwrap();
    assert!(named("environment=\"staging\"") && !named("production"));
}
