//! A third party's plugin over HTTP: the magic links of `tests/example-plugin`, whose crate names core alone, with its paper
//! codes as the second factor. A test for each law and backend, named `<backend>::<law>`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a suite fails where it meets what it does not expect, and its programs are no unit tests to the lints"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use authsome::engine::{Config, Engine, EnvironmentCopy, EnvironmentHandle, NewUser};
use authsome::http::{Http, HttpOptions};
use authsome::password::PasswordPlugin;
use authsome_conformance::at;
use authsome_core::clock::{Clock, ManualClock};
use authsome_core::entity::Entity;
use authsome_core::entropy::SeededEntropy;
use authsome_core::environment::{EnvironmentType, SettingsPatch};
use authsome_core::error::Cause;
use authsome_core::mail::Mailer;
use authsome_core::secret::{MasterKey, SecretString};
use authsome_core::store::Store;
use authsome_core::user::User;
use authsome_example_plugin::{BlockedDomainsPlugin, MagicLink, MagicLinkPlugin, PaperCodePlugin};
use authsome_tests::backends::backends;
use authsome_tests::fixtures::world::{Mails, password};
use authsome_tests::matrix::Matrix;
use axum::Router;
use axum::body::Body;
use futures::future::{BoxFuture, join_all};
use http::{Method, Request};
use http_body_util::BodyExt;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Name of the suite in the support matrix.
const PART: &str = "A third party's plugin over HTTP";
const ADMINISTRATOR: &str = "the-administrators-token-of-this-suite";
const ALICE: &str = "alice@example.com";

type Law = (&'static str, for<'a> fn(&'a World) -> BoxFuture<'a, ()>);

const LAWS: &[Law] = &[
    ("known_and_unknown_addresses_are_answered_alike", |world| Box::pin(alike(world))),
    ("of_fifty_redemptions_of_a_link_one_signs_in", |world| Box::pin(single_use(world))),
    ("a_link_waits_for_the_second_factor_that_the_user_has", |world| Box::pin(second_factor(world))),
    ("a_required_factor_that_nobody_enrolled_leads_to_enrolment", |world| Box::pin(enrolment(world))),
    ("a_code_on_paper_works_once_and_wrong_ones_lock_it", |world| Box::pin(paper_code(world))),
    ("a_link_lives_as_long_as_the_setting_says", |world| Box::pin(lifetime(world))),
    ("a_link_acts_in_its_own_environment_alone", |world| Box::pin(environments(world))),
    ("a_link_is_worth_nothing_after_what_voids_it", |world| Box::pin(voided(world))),
    ("a_blocked_domain_registers_nobody_and_clones_take_it_along", |world| Box::pin(blocked_domains(world))),
    ("erasure_and_expiry_remove_the_rows_and_an_export_shows_no_token", |world| Box::pin(rows(world))),
];

/// An app of its own, with Alice in its default environment.
struct World {
    engine: Engine,
    router: Router,
    clock: Arc<ManualClock>,
    mails: Arc<Mails>,
    alice: User,
}

impl World {
    async fn new(store: Arc<dyn Store>, law: &str, seed: u64) -> Result<Self, Cause> {
        let (clock, mails) = (Arc::new(ManualClock::at(at(0))), Arc::new(Mails::default()));
        let app = law.get(..24).unwrap_or(law).trim_end_matches('_').replace('_', "-");
        let engine = Engine::builder()
            .store(store)
            .clock(Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>)
            .entropy(Arc::new(SeededEntropy::new(seed)))
            .master_key(MasterKey::from_bytes([9; 32]))
            .mailer(Arc::<Mails>::clone(&mails) as Arc<dyn Mailer>)
            .config(Config { app, rate_limits: false, ..Config::default() })
            .plugin(PasswordPlugin::default())
            .plugin(MagicLinkPlugin)
            .plugin(PaperCodePlugin)
            .plugin(BlockedDomainsPlugin)
            .build()?;
        engine.prepare().await?;
        let options =
            HttpOptions { admin_token: Some(SecretString::new(ADMINISTRATOR.to_owned())), ..HttpOptions::default() };
        let router = Http::new(&engine, options).standalone()?;
        let here = engine.default_environment().await?;
        let alice = here.users().create(NewUser { email_verified: true, ..NewUser::new(ALICE.parse()?) }).await?;
        Ok(Self { engine, router, clock, mails, alice })
    }

    async fn here(&self) -> EnvironmentHandle {
        self.engine.default_environment().await.unwrap()
    }

    /// Sends a request; gives its status and its body.
    async fn send(&self, method: Method, path: &str, bearer: Option<&str>, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/v1/auth{path}"));
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let answer = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, None, Some(body)).await
    }

    /// The token of a new link to Alice.
    async fn link(&self) -> String {
        assert_eq!(self.post("/magic-link", json!({ "email": ALICE })).await.0, 202);
        self.engine.run_jobs_once().await.unwrap();
        self.mails.token(ALICE, "/magic-link").unwrap().expose().to_owned()
    }

    async fn redeem(&self, token: &str) -> (u16, Value) {
        self.post("/magic-link/redeem", json!({ "token": token })).await
    }

    /// Alice, signed in by a link.
    async fn session(&self) -> String {
        let (status, body) = self.redeem(&self.link().await).await;
        assert_eq!(status, 200, "{body}");
        body["session"]["token"].as_str().unwrap().to_owned()
    }

    async fn configure(&self, settings: Value) -> (u16, Value) {
        let id = self.here().await.scope().env_id;
        let body = json!({ "settings": settings });
        self.send(Method::PATCH, &format!("/environments/{id}"), Some(ADMINISTRATOR), Some(body)).await
    }

    async fn links(&self) -> u64 {
        MagicLink::find(&self.here().await.scope()).count(&**self.engine.store()).await.unwrap()
    }
}

async fn alike(world: &World) {
    let known = world.post("/magic-link", json!({ "email": ALICE })).await;
    let unknown = world.post("/magic-link", json!({ "email": "nobody@example.com" })).await;
    assert_eq!((known.0, &known), (202, &unknown));
    let unproven = NewUser::new("unproven@example.com".parse().unwrap());
    world.here().await.users().create(unproven).await.unwrap();
    assert_eq!(world.post("/magic-link", json!({ "email": "unproven@example.com" })).await, known);
    world.engine.run_jobs_once().await.unwrap();
    assert!(world.mails.token(ALICE, "/magic-link").is_ok());
    for address in ["nobody@example.com", "unproven@example.com"] {
        assert!(world.mails.token(address, "/magic-link").is_err(), "{address}");
    }
}

async fn single_use(world: &World) {
    let token = world.link().await;
    let answers = join_all((0..50).map(|_| world.redeem(&token))).await;
    let won: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    assert_eq!(won.len(), 1);
    let lost = answers.iter().filter(|(status, body)| *status == 400 && body["code"] == "invalid_token");
    assert_eq!(lost.count(), 49);
    assert_eq!(won[0].1["user"]["email"], ALICE);
    let token = won[0].1["session"]["token"].as_str().unwrap();
    assert_eq!(world.send(Method::GET, "/me", Some(token), None).await.0, 200);
}

async fn second_factor(world: &World) {
    let session = world.session().await;
    let (status, enrolled) = world.send(Method::POST, "/paper-code", Some(&session), Some(json!({}))).await;
    assert_eq!(status, 200, "{enrolled}");
    let code = enrolled["code"].as_str().unwrap().to_owned();
    let confirm = Some(json!({ "code": code }));
    let (status, confirmed) = world.send(Method::POST, "/paper-code/confirm", Some(&session), confirm).await;
    assert!((200..300).contains(&status), "{status} {confirmed}");
    let (status, refused) = world.redeem(&world.link().await).await;
    assert_eq!((status, &refused["code"]), (403, &json!("mfa_required")));
    assert_eq!(refused["methods"], json!(["paper_code"]));
    let ticket = refused["mfa_ticket"].as_str().unwrap();
    // The ticket opens no enrolment and is no credential.
    let other = world.post("/paper-code", json!({ "mfa_ticket": ticket })).await;
    assert_eq!((other.0, &other.1["code"]), (400, &json!("invalid_token")));
    assert_eq!(world.send(Method::GET, "/me", Some(ticket), None).await.0, 401);
    for _ in 0..5 {
        assert_ne!(world.post("/paper-code/verify", json!({ "mfa_ticket": ticket, "code": "wrong" })).await.0, 200);
    }
    let spent = world.post("/paper-code/verify", json!({ "mfa_ticket": ticket, "code": code })).await;
    assert_eq!((spent.0, &spent.1["code"]), (400, &json!("invalid_token")));
}

async fn paper_code(world: &World) {
    let session = world.session().await;
    let make = async |session: &str| {
        let (_, made) = world.send(Method::POST, "/paper-code", Some(session), Some(json!({}))).await;
        made["code"].as_str().unwrap().to_owned()
    };
    let ticket = async || world.redeem(&world.link().await).await.1["mfa_ticket"].as_str().unwrap().to_owned();
    let verify = async |ticket: &str, code: &str| {
        let (status, body) = world.post("/paper-code/verify", json!({ "mfa_ticket": ticket, "code": code })).await;
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let wrong = (401, "invalid_credentials".to_owned());
    let code = make(&session).await;
    let confirm = Some(json!({ "code": code }));
    let (status, confirmed) = world.send(Method::POST, "/paper-code/confirm", Some(&session), confirm).await;
    assert_eq!((status, &confirmed["session"]["amr"]), (200, &json!(["email", "otp", "mfa"])));
    let strong = confirmed["session"]["token"].as_str().unwrap();
    assert_eq!(world.send(Method::GET, "/me", Some(&session), None).await.0, 401, "it has a new token");
    let (first, second) = (ticket().await, ticket().await);
    let others = [ticket().await, ticket().await];
    assert_eq!(verify(&first, &code).await.0, 200);
    assert_eq!(verify(&second, &code).await, wrong);
    let unconfirmed = make(strong).await;
    assert_eq!(verify(&second, &unconfirmed).await, wrong);
    for other in &others {
        for _ in 0..5 {
            assert_eq!(verify(other, "wrong").await, wrong);
        }
    }
    assert_eq!(verify(&second, &unconfirmed).await.1, "account_locked");
}

async fn enrolment(world: &World) {
    assert_eq!(world.configure(json!({ "mfa_required": true })).await.0, 200);
    let (status, refused) = world.redeem(&world.link().await).await;
    assert_eq!((status, &refused["methods"]), (403, &json!(["enroll"])));
    let ticket = refused["mfa_ticket"].as_str().unwrap();
    let earlier = world.redeem(&world.link().await).await.1["mfa_ticket"].clone();
    let (status, enrolled) = world.post("/paper-code", json!({ "mfa_ticket": ticket })).await;
    assert_eq!(status, 200, "{enrolled}");
    let body = json!({ "mfa_ticket": ticket, "code": enrolled["code"] });
    let (status, signed_in) = world.post("/paper-code/confirm", body.clone()).await;
    assert_eq!(status, 200, "{signed_in}");
    assert!(signed_in["session"]["amr"].as_array().unwrap().contains(&json!("mfa")), "{signed_in}");
    assert_eq!(world.post("/paper-code/confirm", body).await.1["code"], "invalid_token");
    // Whoever has another ticket of the time before does not replace the factor.
    assert_eq!(world.post("/paper-code", json!({ "mfa_ticket": earlier })).await.1["code"], "invalid_token");
    let challenge = world.redeem(&world.link().await).await.1["mfa_ticket"].clone();
    let body = json!({ "mfa_ticket": challenge, "code": enrolled["code"] });
    assert_eq!(world.post("/paper-code/verify", body).await.0, 200);
}

async fn lifetime(world: &World) {
    let (status, refused) = world.configure(json!({ "magic_link_ttl": 59 })).await;
    assert_eq!((status, &refused["errors"][0]["field"]), (400, &json!("settings.magic_link_ttl")));
    assert_eq!(world.configure(json!({ "magic_link_tll": 60 })).await.0, 400);
    let apps =
        SettingsPatch { plugins: [("magic_link_ttl".to_owned(), json!(120))].into(), ..SettingsPatch::default() };
    let mut settings = authsome_core::environment::Settings::default();
    settings.patch(apps);
    let scope = world.here().await.scope();
    let opaque = authsome_core::appsessionconfig::TokenFormat::Opaque;
    world.engine.apps().set_session_config(scope.app_id, &settings, opaque).await.unwrap();
    let path = format!("/environments/{}/effective-settings", scope.env_id);
    let effective = async || {
        let (_, body) = world.send(Method::GET, &path, Some(ADMINISTRATOR), None).await;
        let setting = &body["settings"]["magic_link_ttl"];
        (setting["value"].as_u64(), setting["source"].as_str().map(ToOwned::to_owned))
    };
    assert_eq!(effective().await, (Some(120), Some("app".to_owned())));
    let token = world.link().await;
    world.clock.advance(Duration::from_secs(121));
    assert_eq!(world.redeem(&token).await.0, 400);
    assert_eq!(world.configure(json!({ "magic_link_ttl": 600 })).await.0, 200);
    assert_eq!(effective().await, (Some(600), Some("environment".to_owned())));
    let token = world.link().await;
    world.clock.advance(Duration::from_secs(599));
    assert_eq!(world.redeem(&token).await.0, 200);
}

async fn environments(world: &World) {
    let token = world.link().await;
    let (status, refused) = world.post("/magic-link/redeem?env=staging", json!({ "token": token })).await;
    assert_eq!((status, &refused["code"]), (400, &json!("invalid_token")));
    let scope = world.here().await.scope();
    let environments = world.engine.environments_of(scope.app_id);
    environments.deactivate(scope.env_id).await.unwrap();
    assert_eq!(world.redeem(&token).await.1["code"], "environment_inactive");
    environments.activate(scope.env_id).await.unwrap();
    assert_eq!(world.configure(json!({ "allowed_auth_methods": ["password"] })).await.0, 200);
    assert_eq!(world.redeem(&token).await.1["code"], "method_not_allowed_here");
    assert_eq!(world.configure(json!({ "allowed_auth_methods": null })).await.0, 200);
    assert_eq!(world.redeem(&token).await.0, 200);
}

async fn voided(world: &World) {
    let users = world.here().await.users();
    let token = world.link().await;
    users.set_password(world.alice.id, &password("another long passphrase")).await.unwrap();
    assert_eq!(world.redeem(&token).await.1["code"], "invalid_token");
    let token = world.link().await;
    users.ban(world.alice.id).await.unwrap();
    assert_ne!(world.redeem(&token).await.0, 200);
}

async fn blocked_domains(world: &World) {
    let at_domain = async |method, at: &str| {
        let path = format!("/blocked-domains/Blocked.example?env={at}");
        world.send(method, &path, Some(ADMINISTRATOR), None).await.0
    };
    let register = async |email: &str, at: &str| {
        let body = json!({ "email": email, "password": "a long passphrase" });
        world.post(&format!("/signup?env={at}"), body).await.0
    };
    assert_eq!(at_domain(Method::PUT, "development").await, 204);
    assert_eq!(register("one@BLOCKED.example", "development").await, 403);
    assert_eq!(register("one@other.example", "development").await, 201);
    assert_eq!(register("one@blocked.example", "staging").await, 201);
    let scope = world.here().await.scope();
    let copy = EnvironmentCopy {
        name: "Copy".to_owned(),
        slug: None,
        kind: EnvironmentType::Custom,
        settings: SettingsPatch::default(),
        webhook_url: None,
    };
    world.engine.environments_of(scope.app_id).copy(scope.env_id, &copy).await.unwrap();
    assert_eq!(at_domain(Method::DELETE, "development").await, 204);
    assert_eq!(register("one@blocked.example", "copy").await, 403);
    assert_eq!(register("one@blocked.example", "development").await, 201);
}

async fn rows(world: &World) {
    let token = world.link().await;
    let users = world.here().await.users();
    let export = users.export(world.alice.id).await.unwrap().to_string();
    assert!(export.contains("magic_link") && !export.contains(&token), "{export}");
    assert_eq!(world.links().await, 1);
    world.clock.advance(Duration::from_secs(2 * 86_400));
    world.engine.run_jobs_once().await.unwrap();
    assert_eq!(world.links().await, 0);
    world.link().await;
    users.erase(world.alice.id).await.unwrap();
    assert_eq!(world.links().await, 0);
}

fn main() -> Result<ExitCode, Cause> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads =
        arguments.test_threads.or_else(|| std::thread::available_parallelism().ok().map(|cores| 2 * cores.get()));
    let (matrix, runtime) = (Arc::new(Matrix::default()), Arc::new(Runtime::new()?));
    let mut trials = Vec::new();
    for backend in backends()? {
        for (position, (name, law)) in LAWS.iter().enumerate() {
            let noted = backend.name().to_owned();
            let (backend, runtime) = (Arc::clone(&backend), Arc::clone(&runtime));
            let run = move || -> Result<(), Failed> {
                runtime.block_on(async {
                    let database = backend.empty().await?;
                    let world = World::new(database.store(), name, position as u64 + 1).await?;
                    law(&world).await;
                    Ok::<_, Cause>(())
                })?;
                Ok(())
            };
            trials.push(Trial::test(format!("{noted}::{name}"), matrix.noting(PART, &noted, run)));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    matrix.write()?;
    Ok(conclusion.exit_code())
}
