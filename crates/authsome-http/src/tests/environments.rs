//! Which environment a request acts in.

use serde_json::{Value, json};

use authsome_core::app::App;
use authsome_core::confirmation::Confirm;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, Settings};
use authsome_core::event::AppEvent;
use authsome_engine::{EnvironmentPatch, NewApp, NewEnvironment};

use super::fixture::{ADMIN, Call, Fixture, PASSWORD, Person};

const EMAIL: &str = "alice@example.com";

async fn slug(call: Call, fixture: &Fixture) -> String {
    let answer = call.send(fixture).await;
    answer.ok(200)["environment"]["slug"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_without_a_credential_acts_where_its_header_then_its_query_then_the_app_says() {
    let fixture = Fixture::new().await;
    assert_eq!(slug(Call::get("/config"), &fixture).await, "development");
    assert_eq!(slug(Call::get("/config?env=staging"), &fixture).await, "staging");
    assert_eq!(slug(Call::get("/config?env=staging").environment("production"), &fixture).await, "production");
    let id = fixture.engine.environment("staging").await.unwrap().scope().env_id.to_string();
    assert_eq!(slug(Call::get("/config").environment(&id), &fixture).await, "staging");
    for unknown in ["nowhere", "", "aenv_01h455vb4pex5vsknk084sn02q"] {
        Call::get("/config").environment(unknown).send(&fixture).await.problem("invalid_request");
    }
    let app = fixture.engine.configured_app().await.unwrap();
    let call = Call::get("/config").header("x-publishable-key", app.publishable_key.clone());
    assert_eq!(slug(call, &fixture).await, "development");
}

#[tokio::test]
async fn the_same_address_is_another_person_in_another_environment() {
    let fixture = Fixture::new().await;
    let here = fixture.person(EMAIL).await;
    let there = fixture.person_in("staging", EMAIL).await;
    assert_ne!(here.id, there.id);
    for (person, own, other) in [(&here, "development", "staging"), (&there, "staging", "development")] {
        let me = || Call::get("/me").bearer(&person.token);
        assert_eq!(me().send(&fixture).await.ok(200)["user"]["id"], person.id);
        me().environment(own).send(&fixture).await.ok(200);
        me().environment(other).send(&fixture).await.problem("session_not_found");
        Call::get(&format!("/me?env={other}")).bearer(&person.token).send(&fixture).await.problem("session_not_found");
        let both = Call::get(&format!("/me?env={other}")).bearer(&person.token).environment(own);
        both.send(&fixture).await.problem("session_not_found");
        me().environment("nowhere").send(&fixture).await.problem("session_not_found");
        Call::delete(&format!("/sessions/{}", there.session))
            .bearer(&here.token)
            .send(&fixture)
            .await
            .problem("not_found");
    }
}

#[tokio::test]
async fn a_credential_acts_in_its_own_environment_without_naming_it() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", EMAIL).await;
    let body = json!({"refresh_token": person.refresh_token});
    Call::post("/refresh").environment("production").json(&body).send(&fixture).await.problem("session_not_found");
    let answer = Call::post("/refresh").json(&body).send(&fixture).await;
    let person = Person::of(answer.ok(200));
    assert_eq!(slug(Call::get("/config").bearer(&person.token), &fixture).await, "staging");
}

#[tokio::test]
async fn another_apps_key_makes_a_session_as_good_as_none() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let app = fixture.engine.configured_app().await.unwrap();
    let own = Call::get("/me").bearer(&person.token).header("x-publishable-key", app.publishable_key.clone());
    own.send(&fixture).await.ok(200);
    let other = fixture.engine.apps().create(&NewApp { name: "Other".to_owned(), slug: None }).await.unwrap();
    let call = |call: Call| call.bearer(&person.token).header("x-publishable-key", other.publishable_key.clone());
    call(Call::get("/me")).send(&fixture).await.problem("session_not_found");
    call(Call::get("/config")).send(&fixture).await.problem("session_not_found");
    let answer = Call::get("/config").header("x-publishable-key", other.publishable_key.clone()).send(&fixture).await;
    assert_ne!(answer.ok(200)["environment"]["id"], app_environment(&fixture).await);
}

async fn app_environment(fixture: &Fixture) -> String {
    fixture.engine.default_environment().await.unwrap().scope().env_id.to_string()
}

#[tokio::test]
async fn no_authentication_completes_in_a_suspended_environment() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", EMAIL).await;
    let app = fixture.engine.configured_app().await.unwrap();
    let id = fixture.engine.environment("staging").await.unwrap().scope().env_id;
    fixture.engine.environments_of(app.id).deactivate(id).await.unwrap();
    let body = json!({"email": EMAIL, "password": PASSWORD});
    for path in ["/signin", "/signup"] {
        let answer = Call::post(path).environment("staging").json(&body).send(&fixture).await;
        answer.problem("environment_inactive");
    }
    Call::get("/me").bearer(&person.token).send(&fixture).await.problem("environment_inactive");
    Call::get("/config").cookie(&person.token).send(&fixture).await.problem("environment_inactive");
    let refresh = || Call::post("/refresh").json(&json!({"refresh_token": person.refresh_token}));
    refresh().send(&fixture).await.problem("environment_inactive");
    Call::get("/odd/admin").bearer(ADMIN).environment("staging").send(&fixture).await.ok(204);
    fixture.engine.environments_of(app.id).activate(id).await.unwrap();
    refresh().send(&fixture).await.ok(200);
}

#[tokio::test]
async fn a_name_that_nothing_can_have_is_unknown_like_any_other() {
    let fixture = Fixture::new().await;
    for name in ["%00", "a%00b", "%ff", "nowhere"] {
        let answer = Call::get(&format!("/config?env={name}")).send(&fixture).await;
        assert_eq!(answer.problem("invalid_request")["errors"][0]["field"], "env", "{name}");
    }
}

const KEY: &str = "x-publishable-key";

impl Fixture {
    async fn named(&self, slug: &str) -> Environment {
        self.engine.environment(slug).await.unwrap().environment().environment.clone()
    }

    async fn other_app(&self) -> App {
        self.engine.apps().create(&NewApp { name: "Other".to_owned(), slug: None }).await.unwrap()
    }
}

/// Each kind of credential that a body carries, of a person in staging: path, body, what a refusal is.
async fn in_bodies(fixture: &Fixture) -> Vec<(&'static str, Value, &'static str)> {
    let refresh_token = fixture.person_in("staging", EMAIL).await.refresh_token;
    let verification = fixture.token_mailed_to(EMAIL).await;
    let email = json!({"email": EMAIL});
    Call::post("/password/forgot").environment("staging").json(&email).send(fixture).await.ok(202);
    let reset = fixture.token_mailed_to(EMAIL).await;
    vec![
        ("/email/verify", json!({"token": verification}), "invalid_token"),
        ("/refresh", json!({"refresh_token": refresh_token}), "session_not_found"),
        ("/password/reset", json!({"token": reset, "password": PASSWORD}), "invalid_token"),
    ]
}

#[tokio::test]
async fn a_credential_in_a_body_is_none_where_the_request_names_what_is_not_its_environment() {
    let fixture = Fixture::new().await;
    let (other, here) = (fixture.other_app().await, fixture.named("staging").await);
    let production = fixture.named("production").await;
    let app = fixture.engine.configured_app().await.unwrap();
    let somebody = fixture.person("bob@example.com").await;
    for (path, body, code) in in_bodies(&fixture).await {
        let to = |query: &str| Call::post(&format!("{path}{query}")).json(&body);
        let elsewhere = [
            to("").environment("production"),
            to("").environment(&production.id.to_string()),
            to("?env=production"),
            to("?env=production").environment("staging"),
            to("?env=staging").environment("production"),
            to("").environment("nowhere"),
            to("?env=nowhere"),
            to("?env=%00"),
            to("").header(KEY, &other.publishable_key),
            to("").header(KEY, &production.publishable_key),
            to("").environment("staging").header(KEY, &production.publishable_key),
            to("").header(KEY, "apk_unknown"),
            to("").header(KEY, "apk_test_unknown"),
            to("").bearer(&somebody.token),
        ];
        for (position, call) in elsewhere.into_iter().enumerate() {
            let answer = call.send(&fixture).await;
            assert_eq!(answer.body["code"], code, "{path} {position}: {answer:?}");
        }
        let own = to(&format!("?env={}", here.id)).environment("staging").header(KEY, &here.publishable_key);
        let answer = own.send(&fixture).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    let person = fixture.person_in("staging", "carol@example.com").await;
    let call = Call::post("/refresh").header(KEY, &app.publishable_key);
    call.json(&json!({"refresh_token": person.refresh_token})).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn a_credential_in_a_body_of_another_app_acts_in_its_environment_named_or_not() {
    let fixture = Fixture::new().await;
    let other = fixture.other_app().await;
    let preview = NewEnvironment::new("Preview", EnvironmentType::Custom);
    fixture.engine.environments_of(other.id).create(&preview).await.unwrap();
    let sign_up = Call::post("/signup").environment("preview").header(KEY, &other.publishable_key);
    let answer = sign_up.json(&json!({"email": EMAIL, "password": PASSWORD})).send(&fixture).await;
    let mut token = Person::of(answer.ok(201)).refresh_token;
    let verification = fixture.mailed_token().await;
    for call in
        [Call::post("/refresh"), Call::post("/refresh").environment("preview"), Call::post("/refresh?env=preview")]
    {
        let answer = call.json(&json!({"refresh_token": token})).send(&fixture).await;
        token = Person::of(answer.ok(200)).refresh_token;
    }
    let verify = Call::post("/email/verify").environment("preview").json(&json!({"token": verification}));
    verify.send(&fixture).await.ok(204);
}

#[tokio::test]
async fn a_ticket_is_none_where_the_request_names_another_environment() {
    let fixture = Fixture::new().await;
    fixture.person_in("staging", EMAIL).await;
    let app = fixture.engine.configured_app().await.unwrap().id;
    let settings = Settings { mfa_required: Some(true), ..Settings::default() };
    let patch = EnvironmentPatch { settings: Some(settings.into()), ..EnvironmentPatch::default() };
    let here = fixture.named("staging").await;
    fixture.engine.environments_of(app).update(here.id, &patch, Confirm::NOTHING).await.unwrap();
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let refused = Call::post("/signin").environment("staging").json(&body).send(&fixture).await;
    let body = json!({"mfa_ticket": refused.problem("mfa_required")["mfa_ticket"]});
    Call::post("/odd/ticket?env=production").json(&body).send(&fixture).await.problem("invalid_token");
    Call::post("/odd/ticket").environment("nowhere").json(&body).send(&fixture).await.problem("invalid_token");
    Call::post("/odd/ticket?env=staging").json(&body).send(&fixture).await.ok(204);
    Call::post("/odd/ticket").json(&json!({"mfa_ticket": "amt_x"})).send(&fixture).await.problem("invalid_token");
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_whether_or_not_its_credential_is_good() {
    let fixture = Fixture::new().await;
    for (path, body, _) in in_bodies(&fixture).await {
        let mut unknown = body.clone();
        unknown["more"] = json!(1);
        Call::post(path).json(&unknown).send(&fixture).await.problem("invalid_request");
        Call::post(path).raw("text/plain", body.to_string()).send(&fixture).await.problem("unsupported_media_type");
        Call::post(path).json(&json!({})).send(&fixture).await.problem("invalid_request");
    }
}

#[tokio::test]
async fn a_cookie_of_another_environment_does_not_stand_in_the_way_of_a_mailed_link() {
    let fixture = Fixture::new().await;
    let cookie = fixture.person("bob@example.com").await.token;
    for (path, body, _) in in_bodies(&fixture).await {
        let call = Call::post(path).cookie(&cookie).header("origin", "http://localhost:8080");
        let answer = call.json(&body).send(&fixture).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_cookie_of_a_suspended_environment_does_not_either() {
    let fixture = Fixture::new().await;
    let cookie = fixture.person("bob@example.com").await.token;
    let bodies = in_bodies(&fixture).await;
    let own = fixture.person("carol@example.com").await.refresh_token;
    let development = fixture.named("development").await;
    fixture.engine.environments_of(development.app_id).deactivate(development.id).await.unwrap();
    let send = async |path: &str, body: &serde_json::Value| {
        Call::post(path).cookie(&cookie).header("origin", "http://localhost:8080").json(body).send(&fixture).await
    };
    for (path, body, _) in bodies {
        let answer = send(path, &body).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    send("/refresh", &json!({"refresh_token": own})).await.problem("environment_inactive");
}

#[tokio::test]
async fn an_environments_publishable_key_names_it_with_its_app() {
    let fixture = Fixture::new().await;
    let other = fixture.other_app().await;
    let environments = fixture.engine.environments_of(other.id);
    for (name, slug, prefix) in [
        ("Development", "development", "apk_dev_"),
        ("Staging", "staging", "apk_test_"),
        ("Production", "production", "apk_live_"),
        ("Preview", "preview", "apk_custom_"),
    ] {
        if slug == "preview" {
            environments.create(&NewEnvironment::new(name, EnvironmentType::Custom)).await.unwrap();
        }
        let environment = environments.get_by_slug(slug).await.unwrap();
        assert!(environment.publishable_key.starts_with(prefix), "{slug}");
        let answer = Call::get("/config").header(KEY, &environment.publishable_key).send(&fixture).await;
        assert_eq!(answer.ok(200)["environment"]["id"], environment.id.to_string());
    }
    let (staging, production) = (fixture.named("staging").await, fixture.named("production").await);
    // Who has no credential is where the header, then the query, then the key says; each within the key's app.
    let keyed = |path: &str| Call::get(path).header(KEY, &staging.publishable_key);
    assert_eq!(slug(keyed("/config?env=production"), &fixture).await, "production");
    assert_eq!(slug(keyed("/config").environment("development"), &fixture).await, "development");
    let preview = environments.get_by_slug("preview").await.unwrap().id.to_string();
    keyed("/config").environment(&preview).send(&fixture).await.problem("invalid_request");
    let person = fixture.person_in("staging", EMAIL).await;
    let me = |key: &str| Call::get("/me").bearer(&person.token).header(KEY, key);
    me(&staging.publishable_key).send(&fixture).await.ok(200);
    me(&production.publishable_key).send(&fixture).await.problem("session_not_found");
    me("apk_unknown").send(&fixture).await.problem("session_not_found");
    me(&staging.publishable_key).environment("production").send(&fixture).await.problem("session_not_found");
}

#[tokio::test]
async fn a_publishable_key_stays_until_it_is_replaced_and_goes_with_its_environment() {
    let fixture = Fixture::new().await;
    let found = |key: String| async { Call::get("/config").header(KEY, key).send(&fixture).await };
    let made = Call::post("/environments").admin().json(&json!({"name": "Preview", "type": "custom"}));
    let made = made.send(&fixture).await.ok(201)["environment"].clone();
    let path = format!("/environments/{}", made["id"].as_str().unwrap());
    let key = made["publishable_key"].as_str().unwrap().to_owned();
    let changed = Call::patch(&path).admin().json(&json!({"type": "staging"})).send(&fixture).await;
    assert_eq!(changed.ok(200)["environment"]["publishable_key"], key);
    found(key.clone()).await.ok(200);

    let replace = || Call::post(&format!("{path}/publishable-key"));
    replace().send(&fixture).await.problem("unauthenticated");
    let person = fixture.person_in("preview", EMAIL).await;
    replace().bearer(&person.token).send(&fixture).await.problem("forbidden");
    let replaced = replace().admin().send(&fixture).await.ok(200)["environment"].clone();
    let new = replaced["publishable_key"].as_str().unwrap().to_owned();
    assert!(new.starts_with("apk_test_") && new != key);
    let app = fixture.engine.configured_app().await.unwrap().id;
    let told = AppEvent::find(&app).filter(AppEvent::ACTION.eq("environment.publishable_key_replaced"));
    assert_eq!(told.count(&**fixture.engine.store()).await.unwrap(), 1);
    found(key).await.problem("invalid_request");
    found(new.clone()).await.ok(200);
    Call::delete(&path).admin().send(&fixture).await.ok(202);
    found(new).await.problem("invalid_request");
}
