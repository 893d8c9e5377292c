//! Building and starting, and the administration of apps and environments.

use std::sync::Arc;

use authsome_core::clock::ManualClock;
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::{EnvironmentType, SettingSource};
use authsome_core::error::{Code, Error};
use authsome_core::event::AppEvent;
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;
use authsome_engine::{BuildError, Config, Engine, EnvironmentPatch, NewEnvironment, StartError};
use authsome_store_memory::MemoryStore;

use crate::common::*;

#[test]
fn an_engine_needs_a_store_and_nothing_else() {
    assert!(matches!(Engine::builder().build(), Err(BuildError::MissingStore)));
    Engine::builder().store(Arc::new(MemoryStore::new())).build().unwrap();
}

#[test]
fn a_configuration_that_is_not_valid_is_refused_with_its_fields() {
    let config = Config { app: "Nope".to_owned(), ..Config::default() };
    let refused = Engine::builder().store(Arc::new(MemoryStore::new())).config(config).build();
    assert!(matches!(refused, Err(BuildError::Config(fields)) if fields[0].field == "app"));
}

/// A plugin of a name, with methods, or with nothing but an error.
struct Bare(&'static str, Option<&'static str>);

impl Plugin for Bare {
    fn name(&self) -> &'static str {
        self.0
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        let method = self.1.ok_or_else(|| Error::invalid("x", "it is wrong"))?;
        Ok(Capabilities { methods: vec![method], ..Capabilities::default() })
    }
}

#[test]
fn plugins_are_told_apart_by_name_and_method_and_may_refuse() {
    let build = |plugins: Vec<Bare>| {
        let builder = Engine::builder().store(Arc::new(MemoryStore::new()));
        plugins.into_iter().fold(builder, |builder, plugin| builder.plugin(plugin)).build()
    };
    let engine = build(vec![Bare("a", Some("x")), Bare("b", Some("y"))]).unwrap();
    assert_eq!(engine.methods(), ["x", "y"]);
    let twice = build(vec![Bare("a", Some("x")), Bare("a", Some("y"))]);
    assert!(matches!(twice, Err(BuildError::DuplicatePlugin { name: "a" })));
    let same = build(vec![Bare("a", Some("x")), Bare("b", Some("x"))]);
    assert!(matches!(same, Err(BuildError::DuplicateMethod { method: "x" })));
    assert!(matches!(build(vec![Bare("a", None)]), Err(BuildError::Plugin { name: "a", .. })));
}

fn engine_on(store: &Arc<dyn Store>, key: u8) -> Engine {
    let builder = Engine::builder().store(Arc::clone(store)).plugin(passwords());
    builder.master_key(MasterKey::from_bytes([key; 32])).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_engines_that_start_at_once_make_one_app_with_three_environments() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let engine = engine_on(&store, 1);
            tokio::spawn(async move {
                engine.start().await.unwrap();
                engine.stop().await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let engine = engine_on(&store, 1);
    engine.start().await.unwrap();
    engine.start().await.unwrap();
    let apps = engine.apps().list(Page::default()).await.unwrap().data;
    assert_eq!(apps.len(), 1);
    assert_eq!(apps[0].slug, "default");
    assert!(apps[0].publishable_key.starts_with("apk_"));
    let environments = engine.environments(apps[0].id);
    let listed = environments.list(Page::default()).await.unwrap().data;
    let mut slugs: Vec<(String, EnvironmentType, bool)> =
        listed.into_iter().map(|found| (found.slug, found.kind, found.is_default.0)).collect();
    slugs.sort();
    assert_eq!(
        slugs,
        [
            ("development".to_owned(), EnvironmentType::Development, true),
            ("production".to_owned(), EnvironmentType::Production, false),
            ("staging".to_owned(), EnvironmentType::Staging, false),
        ]
    );
    engine.stop().await;
}

#[tokio::test]
async fn a_database_is_not_opened_with_another_master_key() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    engine_on(&store, 1).prepare().await.unwrap();
    assert!(matches!(engine_on(&store, 2).prepare().await, Err(StartError::MasterKey)));
    engine_on(&store, 1).prepare().await.unwrap();
}

#[tokio::test]
async fn two_engines_of_two_apps_share_a_database() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for app in ["first", "second"] {
        let config = Config { app: app.to_owned(), ..Config::default() };
        let engine = Engine::builder().store(Arc::clone(&store)).plugin(passwords()).config(config).build().unwrap();
        engine.prepare().await.unwrap();
        sign_up_in(&engine.environment("production").await.unwrap(), ALICE).await;
    }
}

#[tokio::test]
async fn an_engine_that_was_not_started_says_so() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    store.migrate(&[]).await.unwrap();
    let engine = engine_on(&store, 1);
    assert_eq!(code(engine.default_environment().await), Code::Internal);
}

#[tokio::test]
async fn environments_are_made_changed_and_made_the_default() {
    let world = World::new().await;
    let app = world.engine.configured_app().await.unwrap().id;
    let environments = world.engine.environments(app);
    let new = NewEnvironment::new("Preview PR 12", EnvironmentType::Custom);
    let preview = environments.create(&new).await.unwrap();
    assert_eq!((preview.slug.as_str(), preview.color.as_str()), ("preview-pr-12", "#8B5CF6"));
    assert_eq!(code(environments.create(&new).await), Code::Conflict);
    let bad = NewEnvironment { color: Some("red".to_owned()), slug: Some("ok".to_owned()), ..new };
    assert_eq!(code(environments.create(&bad).await), Code::InvalidRequest);
    let patch = EnvironmentPatch {
        name: Some("Preview".to_owned()),
        color: Some(None),
        metadata: Some([("pr".to_owned(), Some("12".to_owned()))].into()),
        ..EnvironmentPatch::default()
    };
    let changed = environments.update(preview.id, &patch).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.metadata["pr"].as_str()), ("Preview", "12"));
    let taken = EnvironmentPatch { slug: Some("staging".to_owned()), ..EnvironmentPatch::default() };
    assert_eq!(code(environments.update(preview.id, &taken).await), Code::Conflict);
    assert_eq!(world.here().await.environment().environment.slug, "development");
    environments.set_default(preview.id).await.unwrap();
    assert_eq!(world.here().await.environment().environment.slug, "preview-pr-12");
    assert_eq!(environments.default().await.unwrap().id, preview.id);
    let listed = environments.list(Page::default()).await.unwrap().data;
    assert_eq!(listed.iter().filter(|found| found.is_default.0).count(), 1);
    let events = AppEvent::find(&app).limit(1_000).all(&*world.store).await.unwrap();
    for (action, count) in [("environment.created", 4), ("environment.updated", 1), ("environment.set_default", 1)] {
        assert_eq!(events.iter().filter(|event| event.action == action).count(), count, "{action}");
    }
}

#[tokio::test]
async fn a_setting_takes_effect_at_once_here_and_after_a_second_in_another_process() {
    let world = World::new().await;
    let other = Engine::builder()
        .store(Arc::clone(&world.store) as Arc<dyn Store>)
        .clock(Arc::clone(&world.clock) as Arc<dyn authsome_core::clock::Clock>)
        .build()
        .unwrap();
    let length = async |engine: &Engine| engine.default_environment().await.unwrap().settings().min_password_length;
    assert_eq!((length(&world.engine).await, length(&other).await), (8, 8));
    world.configure("development", serde_json::json!({ "min_password_length": 12 })).await;
    assert_eq!((length(&world.engine).await, length(&other).await), (12, 8));
    world.advance(seconds(1));
    assert_eq!(length(&other).await, 12);
}

#[tokio::test]
async fn each_setting_says_where_it_comes_from() {
    let settings = authsome_core::environment::Settings { lockout_max_attempts: Some(5), ..Default::default() };
    let world = World::with_settings(settings).await;
    world.configure("development", serde_json::json!({ "min_password_length": 12 })).await;
    let scope = world.here().await.scope();
    let sourced = world.engine.environments(scope.app_id).effective_settings(scope.env_id).await.unwrap();
    assert_eq!(sourced.min_password_length.source, SettingSource::Environment);
    assert_eq!(sourced.lockout_max_attempts.source, SettingSource::Config);
    assert_eq!(sourced.session_ttl.source, SettingSource::BuiltIn);
    let bad = EnvironmentPatch {
        settings: Some(serde_json::from_value(serde_json::json!({ "min_password_length": 1 })).unwrap()),
        ..EnvironmentPatch::default()
    };
    let error = world.engine.environments(scope.app_id).update(scope.env_id, &bad).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "settings.min_password_length");
}

#[test]
fn a_clock_that_stands_still_is_the_engines_clock() {
    let clock = Arc::new(ManualClock::at(start_of_tests()));
    let engine = Engine::builder().store(Arc::new(MemoryStore::new())).clock(clock).build().unwrap();
    assert_eq!(engine.clock().now(), start_of_tests());
}
