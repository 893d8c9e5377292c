//! Building and starting.

use std::sync::Arc;

use authsome_core::clock::ManualClock;
use authsome_core::entity::Page;
use authsome_core::environment::EnvironmentType;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;
use authsome_engine::{BuildError, Config, Engine, StartError};
use authsome_store_memory::MemoryStore;

use crate::common::*;

#[test]
fn an_engine_needs_a_store_and_nothing_else() {
    assert!(matches!(Engine::builder().build(), Err(BuildError::MissingStore)));
    Engine::builder().store(MemoryStore::new()).build().unwrap();
}

#[test]
fn a_configuration_that_is_not_valid_is_refused_with_its_fields() {
    let config = Config { app: "Nope".to_owned(), ..Config::default() };
    let refused = Engine::builder().store(MemoryStore::new()).config(config).build();
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
        Ok(Capabilities { methods: vec![Arc::new(TestMethod(method))], ..Capabilities::default() })
    }
}

#[test]
fn plugins_are_told_apart_by_name_and_method_and_may_refuse() {
    let build = |plugins: Vec<Bare>| {
        let builder = Engine::builder().store(MemoryStore::new());
        plugins.into_iter().fold(builder, |builder, plugin| builder.plugin(plugin)).build()
    };
    let engine = build(vec![Bare("a", Some("x")), Bare("b", Some("y"))]).unwrap();
    assert_eq!(engine.methods(), ["x", "y"]);
    let twice = build(vec![Bare("a", Some("x")), Bare("a", Some("y"))]);
    assert!(matches!(twice, Err(BuildError::DuplicatePlugin { name: "a" })));
    let same = build(vec![Bare("a", Some("x")), Bare("b", Some("x"))]);
    assert!(matches!(same, Err(BuildError::Duplicate { what: "authentication method", name: "x" })));
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
    let environments = engine.environments_of(apps[0].id);
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

#[test]
fn a_clock_that_stands_still_is_the_engines_clock() {
    let clock = Arc::new(ManualClock::at(start_of_tests()));
    let engine = Engine::builder().store(MemoryStore::new()).clock(clock).build().unwrap();
    assert_eq!(engine.clock().now(), start_of_tests());
}
