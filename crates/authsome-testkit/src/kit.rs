//! [`TestKit`].

use std::sync::Arc;
use std::time::Duration;

use authsome_core::clock::{Clock, ManualClock};
use authsome_core::confirmation::Confirm;
use authsome_core::entropy::SeededEntropy;
use authsome_core::environment::{EnvironmentType, Settings};
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_engine::{Engine, EngineBuilder, EnvironmentHandle, EnvironmentPatch, NewEnvironment};
use authsome_store_memory::MemoryStore;
use serde_json::Value;

use crate::mails::Mails;

/// An engine in memory, with a clock that stands still and a mailer that keeps what it is given.
///
/// Its ids and tokens come from a seed and its master key is fixed, so that every run of a test sees the same ones. Jobs
/// run only when [`run_jobs`](Self::run_jobs) is called.
#[derive(Clone, Debug)]
pub struct TestKit {
    /// The engine, migrated, its jobs not started.
    pub engine: Engine,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// The mails that it sent.
    pub mails: Mails,
}

impl TestKit {
    /// A kit whose engine has no plugin and the settings that are built in.
    pub async fn new() -> Self {
        Self::with(|engine| engine).await
    }

    /// A kit whose engine is built a little differently: with plugins, a configuration, another store. The clock and the
    /// mailer stay the kit's.
    pub async fn with(change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let (clock, mails) = (Arc::new(ManualClock::at(Self::start())), Mails::default());
        let builder = change(Engine::builder().store(MemoryStore::new()).entropy(seeded(7)));
        let engine = complete(builder, &clock, &mails);
        engine.prepare().await.unwrap();
        Self { engine, clock, mails }
    }

    /// Another process on the same store, with the same clock and mails. It has the plugins and the configuration that
    /// `change` gives it.
    pub fn another_engine(&self, change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Engine {
        let store: Arc<dyn Store> = Arc::clone(self.engine.store());
        complete(change(Engine::builder().store(store).entropy(seeded(8))), &self.clock, &self.mails)
    }

    /// What the clock says at first: 15 January 2027, 08:00 UTC.
    #[must_use]
    pub fn start() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).unwrap()
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Lets the background jobs run until nothing is left to do now: mails are sent, what is expired is deleted.
    pub async fn run_jobs(&self) {
        self.engine.run_jobs_once().await.unwrap();
    }

    /// The default environment: `development`, unless the application changed that.
    pub async fn here(&self) -> EnvironmentHandle {
        self.engine.default_environment().await.unwrap()
    }

    /// An environment of the configured app, by slug. There are `development`, `staging` and `production` at first.
    pub async fn environment(&self, slug: &str) -> EnvironmentHandle {
        self.engine.environment(slug).await.unwrap()
    }

    /// Makes an environment of the configured app, with settings of its own.
    pub async fn make_environment(&self, name: &str, settings: Settings) -> EnvironmentHandle {
        let app = self.engine.configured_app().await.unwrap().id;
        let new = NewEnvironment { settings, ..NewEnvironment::new(name, EnvironmentType::Custom) };
        let made = self.engine.environments_of(app).create(&new).await.unwrap();
        self.environment(&made.slug).await
    }

    /// Changes settings of an environment, as `PATCH` does over HTTP: `json!({"mfa_required": true})`. A handle that was
    /// made before holds the settings from before.
    pub async fn configure(&self, slug: &str, settings: Value) -> EnvironmentHandle {
        let scope = self.environment(slug).await.scope();
        let settings = Some(serde_json::from_value(settings).unwrap());
        let patch = EnvironmentPatch { settings, ..EnvironmentPatch::default() };
        self.engine.environments_of(scope.app_id).update(scope.env_id, &patch, Confirm::NOTHING).await.unwrap();
        self.environment(slug).await
    }
}

fn seeded(seed: u64) -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(seed))
}

fn complete(builder: EngineBuilder, clock: &Arc<ManualClock>, mails: &Mails) -> Engine {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let builder = builder.clock(clock).mailer(Arc::new(mails.clone())).master_key(MasterKey::from_bytes([7; 32]));
    builder.build().unwrap()
}
