//! A world for tests: the test kit's engine with passwords, on a store that is watched.

pub(crate) mod filled;
pub(crate) mod slips;
pub(crate) mod watched;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, Settings, SettingsPatch};
use authsome_core::error::{Code, Error};
use authsome_core::event::{AppEvent, Event};
use authsome_core::id::AppId;
use authsome_core::identity::Identifier;
use authsome_core::plugin::{Method, Proof, SignInOutcome, SignedIn, Verified};
use authsome_core::records::Records;
use authsome_core::route::{ActiveEnvironment, Client};
use authsome_core::secret::{Password, Token};
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_engine::{
    Accepted, Authenticated, Config, Engine, EngineBuilder, EnvironmentCopy, EnvironmentHandle, Environments, SignIn,
    SignUp, SignUpOutcome,
};
use authsome_plugin_password::{PasswordConfig, PasswordPlugin};
use authsome_testkit::TestFactor;
pub(crate) use authsome_testkit::TestKit;

pub(crate) use watched::Watched;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ALICE: &str = "alice@example.com";

pub(crate) struct World {
    kit: TestKit,
    pub(crate) store: Arc<Watched>,
}

impl Deref for World {
    type Target = TestKit;

    fn deref(&self) -> &TestKit {
        &self.kit
    }
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
    TestKit::start()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// A world whose engine was built a little differently.
    pub(crate) async fn with(change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        Self::without_passwords(|builder| change(builder.plugin(passwords()).plugin(TestFactor))).await
    }

    /// A world whose engine has no plugins but those that `change` adds.
    pub(crate) async fn without_passwords(change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Self {
        let store = Arc::new(Watched::default());
        let kit = TestKit::with(|builder| change(builder.store(Arc::<Watched>::clone(&store)))).await;
        Self { kit, store }
    }

    /// Another process on the same database.
    pub(crate) fn another_engine(&self) -> Engine {
        self.kit.another_engine(|builder| builder.plugin(passwords()).plugin(TestFactor))
    }

    /// The environments of the configured app.
    pub(crate) async fn environments(&self) -> Environments {
        self.engine.environments_of(self.app().await)
    }

    /// The environment of the configured app with this slug.
    pub(crate) async fn named(&self, slug: &str) -> Environment {
        self.environments().await.get_by_slug(slug).await.unwrap()
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

    pub(crate) async fn deactivate(&self, slug: &str) {
        let scope = self.environment(slug).await.scope();
        self.engine.environments_of(scope.app_id).deactivate(scope.env_id).await.unwrap();
    }

    /// Registers a person in the default environment.
    pub(crate) async fn sign_up(&self, email: &str) -> SignedIn {
        sign_up_in(&self.here().await, email).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, Error> {
        sign_in_at(&self.here().await, email, password).await
    }

    pub(crate) async fn authenticate(&self, token: &Token) -> Result<Authenticated, Error> {
        authenticate(&self.engine, token, &client()).await
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

pub(crate) async fn sign_up_in(environment: &EnvironmentHandle, email: &str) -> SignedIn {
    register(environment, email).await.unwrap()
}

/// Registers a person, to whom a missing second factor is a refusal.
pub(crate) async fn register(at: &EnvironmentHandle, email: &str) -> Result<SignedIn, Error> {
    match at.auth().sign_up(registration(email), &client()).await? {
        SignUpOutcome::SignedUp(outcome) => outcome.signed_in(),
        SignUpOutcome::VerifyFirst => panic!("the address is to be proven first"),
    }
}

pub(crate) async fn sign_in_at(at: &EnvironmentHandle, email: &str, password: &str) -> Result<SignedIn, Error> {
    at.auth().sign_in(credentials(email, password), &client()).await.and_then(SignInOutcome::signed_in)
}

/// Who a token stands for, where a request means any environment.
pub(crate) async fn authenticate(engine: &Engine, token: &Token, client: &Client) -> Result<Authenticated, Error> {
    let authenticator = engine.authenticator();
    Ok(authenticator.authenticate(token.expose(), Accepted::SessionsAndKeys, |_| true, client).await?)
}

/// Who a token stands for, where a request means one environment.
pub(crate) async fn authenticate_in(
    at: &EnvironmentHandle,
    engine: &Engine,
    token: &Token,
) -> Result<Authenticated, Error> {
    let (authenticator, accepted, scope) = (engine.authenticator(), Accepted::SessionsAndKeys, at.scope());
    let is_meant = |active: &ActiveEnvironment| active.scope() == scope;
    Ok(authenticator.authenticate(token.expose(), accepted, is_meant, &client()).await?)
}

/// A proof of passwords that uses nothing up.
pub(crate) const fn proven<'a>(amr: &'a [&'a str]) -> Proof<'a> {
    Proof { method: "password", amr, redeem: &Verified }
}

/// A method of a name, which everybody has.
pub(crate) struct TestMethod(pub(crate) &'static str);

#[async_trait]
impl Method for TestMethod {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn is_available(&self, _: &User, _: &dyn Records) -> Result<bool, Error> {
        Ok(true)
    }
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

pub(crate) fn registration(email: &str) -> SignUp {
    SignUp::new(email.parse().unwrap(), password(PASSWORD))
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
