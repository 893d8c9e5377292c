//! A world for tests: an engine on a store in memory, with a clock that stands still and a mailer that keeps what it is
//! given.

pub(crate) mod filled;
pub(crate) mod mailer;
pub(crate) mod watched;

use std::sync::Arc;
use std::time::Duration;

use authsome_core::clock::ManualClock;
use authsome_core::confirmation::Confirm;
use authsome_core::entity::Entity;
use authsome_core::entropy::SeededEntropy;
use authsome_core::environment::{Environment, EnvironmentType, Settings, SettingsPatch};
use authsome_core::error::{Code, Error};
use authsome_core::event::{AppEvent, Event};
use authsome_core::id::AppId;
use authsome_core::identity::Identifier;
use authsome_core::metadata::Metadata;
use authsome_core::route::Client;
use authsome_core::secret::{MasterKey, Password, Token};
use authsome_core::time::Timestamp;
use authsome_engine::{
    Config, Engine, EngineBuilder, EnvironmentCopy, EnvironmentHandle, EnvironmentPatch, Environments, Issued, SignIn,
    SignUp, SignUpOutcome,
};
use authsome_plugin_password::{PasswordConfig, PasswordPlugin};

pub(crate) use mailer::TestMailer;
pub(crate) use watched::Watched;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ALICE: &str = "alice@example.com";

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<Watched>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mailer: Arc<TestMailer>,
}

pub(crate) fn passwords() -> PasswordPlugin {
    PasswordPlugin::new(PasswordConfig {
        memory_kib: 7_168,
        iterations: 5,
        threads: 2,
        queue: 1_000,
        ..Default::default()
    })
}

pub(crate) fn start_of_tests() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).unwrap()
}

fn builder(store: &Arc<Watched>, clock: &Arc<ManualClock>, mailer: &Arc<TestMailer>, seed: u64) -> EngineBuilder {
    Engine::builder()
        .store(Arc::clone(store) as Arc<dyn authsome_core::store::Store>)
        .clock(Arc::clone(clock) as Arc<dyn authsome_core::clock::Clock>)
        .entropy(Arc::new(SeededEntropy::new(seed)))
        .master_key(MasterKey::from_bytes([7; 32]))
        .mailer(Arc::clone(mailer) as Arc<dyn authsome_core::mail::Mailer>)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// A world whose engine was built a little differently.
    pub(crate) async fn with(change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        Self::without_passwords(|builder| change(builder.plugin(passwords()))).await
    }

    /// A world whose engine has no plugins but those that `change` adds.
    pub(crate) async fn without_passwords(change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let clock = Arc::new(ManualClock::at(start_of_tests()));
        let store = Arc::new(Watched::default());
        let mailer = Arc::new(TestMailer::default());
        let engine = change(builder(&store, &clock, &mailer, 7)).build().unwrap();
        engine.prepare().await.unwrap();
        Self { engine, store, clock, mailer }
    }

    /// Another process on the same database.
    pub(crate) fn another_engine(&self) -> Engine {
        builder(&self.store, &self.clock, &self.mailer, 8).plugin(passwords()).build().unwrap()
    }

    /// The environments of the configured app.
    pub(crate) async fn environments(&self) -> Environments {
        self.engine.environments(self.app().await)
    }

    /// The environment of the configured app with this slug.
    pub(crate) async fn named(&self, slug: &str) -> Environment {
        self.environments().await.by_slug(slug).await.unwrap()
    }

    /// The configured app.
    pub(crate) async fn app(&self) -> AppId {
        self.engine.configured_app().await.unwrap().id
    }

    /// The events of the configured app, oldest first.
    pub(crate) async fn app_events(&self) -> Vec<AppEvent> {
        let mut events = AppEvent::find(&self.app().await).limit(1_000).all(&*self.store).await.unwrap();
        events.reverse();
        events
    }

    /// A world in which these settings apply everywhere.
    pub(crate) async fn with_settings(settings: Settings) -> Self {
        Self::with(|builder| builder.config(Config { settings, ..Config::default() })).await
    }

    pub(crate) async fn environment(&self, slug: &str) -> EnvironmentHandle {
        self.engine.environment(slug).await.unwrap()
    }

    /// The default environment.
    pub(crate) async fn here(&self) -> EnvironmentHandle {
        self.engine.default_environment().await.unwrap()
    }

    pub(crate) async fn configure(&self, slug: &str, settings: serde_json::Value) {
        let here = self.environment(slug).await;
        let patch =
            EnvironmentPatch { settings: Some(serde_json::from_value(settings).unwrap()), ..Default::default() };
        let scope = here.scope();
        self.engine.environments(scope.app_id).update(scope.env_id, &patch, Confirm::NOTHING).await.unwrap();
    }

    pub(crate) async fn deactivate(&self, slug: &str) {
        let scope = self.environment(slug).await.scope();
        self.engine.environments(scope.app_id).deactivate(scope.env_id).await.unwrap();
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Lets the jobs run until nothing is left to do.
    pub(crate) async fn work(&self) {
        self.engine.run_jobs_once().await.unwrap();
    }

    /// Registers a person in the default environment.
    pub(crate) async fn sign_up(&self, email: &str) -> Issued {
        sign_up_in(&self.here().await, email).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<Issued, Error> {
        self.here().await.auth().sign_in(credentials(email, password), &client()).await
    }

    pub(crate) async fn authenticate(&self, token: &Token) -> Result<authsome_engine::Authenticated, Error> {
        self.engine.authenticator().authenticate(token.expose(), None, &client()).await
    }

    /// The actions of the events of the default environment, oldest first.
    pub(crate) async fn actions(&self) -> Vec<String> {
        let events = Event::find(&self.here().await.scope()).limit(1_000).all(&*self.store).await.unwrap();
        events.into_iter().rev().map(|event| event.action).collect()
    }

    pub(crate) async fn count_of(&self, action: &str) -> usize {
        self.actions().await.iter().filter(|found| *found == action).count()
    }
}

/// A copy to be made that differs in nothing.
pub(crate) fn copy_named(name: &str) -> EnvironmentCopy {
    EnvironmentCopy {
        name: name.to_owned(),
        slug: None,
        kind: EnvironmentType::Custom,
        settings: SettingsPatch::default(),
        webhook_url: None,
    }
}

pub(crate) async fn sign_up_in(environment: &EnvironmentHandle, email: &str) -> Issued {
    match environment.auth().sign_up(registration(email), &client()).await.unwrap() {
        SignUpOutcome::SignedUp(issued) => *issued,
        SignUpOutcome::VerifyFirst => panic!("the address is to be proven first"),
    }
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

pub(crate) fn registration(email: &str) -> SignUp {
    SignUp {
        email: email.parse().unwrap(),
        password: password(PASSWORD),
        username: None,
        phone: None,
        name: None,
        metadata: Metadata::default(),
    }
}

pub(crate) fn credentials(email: &str, text: &str) -> SignIn {
    SignIn { identifier: Identifier::Email(email.parse().unwrap()), password: password(text) }
}

pub(crate) fn client() -> Client {
    client_at("192.0.2.1")
}

pub(crate) fn client_at(ip: &str) -> Client {
    Client { ip: Some(ip.parse().unwrap()), user_agent: Some("test/1".to_owned()) }
}

/// The code of a refusal.
pub(crate) fn code<T>(result: Result<T, Error>) -> Code {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.code(),
    }
}

/// Everything that an answer says.
pub(crate) fn said(error: &Error) -> (Code, String, String, Option<u32>) {
    let extra = serde_json::to_string(error.extra()).unwrap();
    (error.code(), error.detail().to_owned(), extra, error.retry().map(|seconds| seconds.0))
}

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

pub(crate) const fn days(count: u64) -> Duration {
    hours(count * 24)
}
