//! An app in which settings are said, and the environments in which their effect is looked at.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use authsome_core::environment::Settings;
use authsome_core::time::Timestamp;
use authsome_engine::Config;

use crate::HttpOptions;
use crate::tests::fixture::{Answer, Call, Fixture, PASSWORD, Person};

pub(super) struct World {
    pub(super) fixture: Fixture,
    people: AtomicU32,
}

/// Who signed up, or tried to.
pub(super) struct SignedUp {
    pub(super) email: String,
    pub(super) answer: Answer,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(Settings::default(), HttpOptions::default()).await
    }

    /// A world with these settings in its configuration. Requests are not limited in their rate.
    pub(super) async fn with(settings: Settings, options: HttpOptions) -> Self {
        let config = Config { settings, rate_limits: false, ..Config::default() };
        Self { fixture: Fixture::with(config, options).await, people: AtomicU32::new(0) }
    }

    /// An environment that is not the default one.
    pub(super) const fn here(&self) -> Place<'_> {
        self.at("staging")
    }

    pub(super) const fn at(&self, environment: &'static str) -> Place<'_> {
        Place { world: self, environment }
    }

    /// Says settings for all environments of the app, instead of what was said before.
    pub(super) async fn say(&self, settings: &Value) -> Answer {
        let answer =
            Call::put("/session-config").admin().json(&json!({"settings": settings})).send(&self.fixture).await;
        answer.ok(200);
        answer
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.fixture.clock.advance(Duration::from_secs(seconds));
    }
}

/// An environment of a world.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    world: &'a World,
    environment: &'static str,
}

impl Place<'_> {
    pub(super) async fn send(self, call: Call) -> Answer {
        call.environment(self.environment).send(&self.world.fixture).await
    }

    async fn path(self) -> String {
        let found = Call::get(&format!("/environments/slug/{}", self.environment)).admin().send(&self.world.fixture);
        format!("/environments/{}", text(found.await.ok(200), "/environment/id"))
    }

    /// The environment as it is stored.
    pub(super) async fn stored(self) -> Value {
        let answer = self.send(Call::get(&self.path().await).admin()).await;
        answer.ok(200)["environment"].clone()
    }

    /// Changes the environment's own settings.
    pub(super) async fn say(self, settings: &Value) -> Answer {
        let patch = Call::patch(&self.path().await).admin().json(&json!({"settings": settings}));
        let answer = self.send(patch).await;
        answer.ok(200);
        answer
    }

    /// The value of a setting that applies, with its source.
    pub(super) async fn effective(self, setting: &str) -> Value {
        let path = format!("{}/effective-settings", self.path().await);
        let answer = self.send(Call::get(&path).admin()).await;
        answer.ok(200)["settings"][setting].clone()
    }

    /// What a sign-in page is told.
    pub(super) async fn page(self) -> Value {
        self.send(Call::get("/config")).await.ok(200).clone()
    }

    /// An address that nobody has.
    pub(super) fn new_email(self) -> String {
        format!("person-{}@example.com", self.world.people.fetch_add(1, Ordering::Relaxed))
    }

    /// Somebody new signs up with a password, from wherever.
    pub(super) async fn sign_up_with(self, password: &str) -> SignedUp {
        let email = self.new_email();
        let body = json!({"email": email, "password": password});
        SignedUp { answer: self.send(Call::post("/signup").json(&body)).await, email }
    }

    pub(super) async fn sign_up(self) -> SignedUp {
        self.sign_up_with(PASSWORD).await
    }

    /// Somebody new who is signed in, and their address.
    pub(super) async fn person(self) -> (String, Person) {
        let signed_up = self.sign_up().await;
        (signed_up.email, Person::of(signed_up.answer.ok(201)))
    }

    /// Somebody new who is signed in from an address, or from nowhere that is known.
    pub(super) async fn person_from(self, ip: Option<&str>) -> Person {
        let call = Call::post("/signup").json(&json!({"email": self.new_email(), "password": PASSWORD}));
        let answer = self.send(ip.into_iter().fold(call, Call::peer)).await;
        Person::of(answer.ok(201))
    }

    pub(super) async fn sign_in(self, email: &str, password: &str) -> Answer {
        self.send(Call::post("/signin").json(&json!({"email": email, "password": password}))).await
    }

    /// The token that lets somebody set a new password.
    pub(super) async fn reset_token(self, email: &str) -> String {
        // Mails that were queued before are out of the way.
        self.world.fixture.mails().await;
        self.send(Call::post("/password/forgot").json(&json!({"email": email}))).await.ok(202);
        self.world.fixture.token_mailed_to(email).await
    }

    pub(super) async fn me(self, token: &str) -> Answer {
        self.send(Call::get("/me").bearer(token)).await
    }

    pub(super) async fn me_from(self, token: &str, ip: &str) -> Answer {
        self.send(Call::get("/me").bearer(token).peer(ip)).await
    }

    pub(super) async fn refresh(self, token: &str) -> Answer {
        self.send(refresh(token)).await
    }

    pub(super) fn wait(self, seconds: u64) {
        self.world.wait(seconds);
    }
}

pub(super) fn refresh(token: &str) -> Call {
    Call::post("/refresh").json(&json!({"refresh_token": token}))
}

/// What an answer comes to: the code of a problem, else the status.
pub(super) fn outcome(answer: &Answer) -> Value {
    if answer.status < 400 { json!(answer.status) } else { answer.body["code"].clone() }
}

/// How many seconds lie between the making of a session and one of its times.
pub(super) fn seconds_until(session: &Value, time: &str) -> u64 {
    let parse = |name: &str| text(session, &format!("/{name}")).parse::<Timestamp>().unwrap();
    parse(time).since(parse("created_at")).as_secs()
}

#[track_caller]
pub(super) fn text(body: &Value, pointer: &str) -> String {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {body}")).to_owned()
}
