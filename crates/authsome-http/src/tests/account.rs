//! Every account route, doing what it was asked.

use std::time::Duration;

use serde_json::{Value, json};

use authsome_core::device::Device;
use authsome_core::entity::Page;

use super::fixture::{Call, Fixture, PASSWORD, Person};

const EMAIL: &str = "alice@example.com";
const OTHER_PASSWORD: &str = "another horse battery staple";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_keys(value: &Value, expected: &[&str]) {
    let (mut found, mut expected) = (keys(value), expected.to_vec());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

const USER: &[&str] = &[
    "id",
    "env_id",
    "email",
    "email_verified",
    "username",
    "phone",
    "phone_verified",
    "name",
    "image",
    "metadata",
    "banned",
    "created_at",
    "updated_at",
];

const SESSION: &[&str] = &[
    "id",
    "expires_at",
    "refresh_expires_at",
    "env_id",
    "user_id",
    "organization_id",
    "created_at",
    "last_seen_at",
    "authenticated_at",
    "amr",
    "ip",
    "user_agent",
    "device_id",
];

async fn sign_in(fixture: &Fixture, password: &str) -> super::fixture::Answer {
    Call::post("/signin").json(&json!({"email": EMAIL, "password": password})).send(fixture).await
}

#[tokio::test]
async fn sign_up_answers_the_user_and_a_session_with_its_tokens() {
    let fixture = Fixture::new().await;
    let body = json!({
        "email": "Alice@Example.com", "password": PASSWORD, "username": "alice", "phone": "+49 30 12345678",
        "name": "Alice", "metadata": {"theme": "dark"},
    });
    let call = Call::post("/signup").header("user-agent", "Test/1.0").peer("203.0.113.9");
    let answer = call.json(&body).send(&fixture).await;
    let body = answer.ok(201);
    assert_keys(body, &["user", "session"]);
    assert_keys(&body["user"], USER);
    assert_keys(&body["session"], &[SESSION, &["token", "refresh_token"]].concat());
    let user = &body["user"];
    assert_eq!(user["email"], "Alice@Example.com");
    assert_eq!(user["username"], "alice");
    assert_eq!(user["phone"], "+493012345678");
    assert_eq!(user["metadata"], json!({"theme": "dark"}));
    assert_eq!(user["email_verified"], false);
    assert_eq!(user["created_at"], "2023-11-14T22:13:20.000Z");
    let session = &body["session"];
    assert_eq!(session["user_id"], user["id"]);
    assert_eq!(session["env_id"], user["env_id"]);
    assert_eq!(session["ip"], "203.0.113.9");
    assert_eq!(session["user_agent"], "Test/1.0");
    assert_eq!(session["expires_at"], "2023-11-21T22:13:20.000Z");
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn sign_in_takes_each_identifier_and_sign_out_ends_the_session() {
    let fixture = Fixture::new().await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "username": "alice", "phone": "+493012345678"});
    Call::post("/signup").json(&body).send(&fixture).await.ok(201);
    for (name, value) in [("email", "ALICE@example.com"), ("username", "Alice"), ("phone", "+49 30 12345678")] {
        let answer = Call::post("/signin").json(&json!({name: value, "password": PASSWORD})).send(&fixture).await;
        let person = Person::of(answer.ok(200));
        let me = Call::get("/me").bearer(&person.token).send(&fixture).await;
        assert_eq!(me.ok(200)["user"]["id"], person.id);
        Call::post("/signout").bearer(&person.token).send(&fixture).await.ok(204);
        Call::get("/me").bearer(&person.token).send(&fixture).await.problem("session_not_found");
    }
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_are_answered_alike() {
    let fixture = Fixture::new().await;
    fixture.person(EMAIL).await;
    let wrong = sign_in(&fixture, "wrong horse battery staple").await;
    let body = json!({"email": "nobody@example.com", "password": PASSWORD});
    let unknown = Call::post("/signin").json(&body).send(&fixture).await;
    assert_eq!(wrong.problem("invalid_credentials"), unknown.problem("invalid_credentials"));
    let names = |answer: &super::fixture::Answer| {
        answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "x-request-id")
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&wrong), names(&unknown));
}

#[tokio::test]
async fn a_taken_address_is_a_conflict_unless_addresses_are_proven_first() {
    let fixture = Fixture::new().await;
    fixture.person(EMAIL).await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    Call::post("/signup").json(&body).send(&fixture).await.problem("conflict");

    let mut config = authsome_engine::Config::default();
    config.settings.require_email_verification = Some(true);
    let fixture = Fixture::with(config, Default::default()).await;
    for _ in 0..2 {
        let answer = Call::post("/signup").json(&body).send(&fixture).await;
        assert_eq!(answer.ok(201), &json!({"user": null, "session": null}));
    }
    sign_in(&fixture, PASSWORD).await.problem("email_not_verified");
}

#[tokio::test]
async fn refresh_gives_the_next_pair_and_a_replay_ends_the_session() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let refresh = |token: &str| Call::post("/refresh").json(&json!({"refresh_token": token}));
    let answer = refresh(&person.refresh_token).send(&fixture).await;
    let session = &answer.ok(200)["session"];
    assert_keys(&answer.body, &["session"]);
    assert_eq!(session["id"], person.session);
    assert_ne!(session["token"], person.token);
    let again = refresh(&person.refresh_token).send(&fixture).await;
    assert_eq!(again.ok(200)["session"]["token"], session["token"]);
    fixture.clock.advance(Duration::from_secs(11));
    refresh(&person.refresh_token).send(&fixture).await.problem("session_not_found");
    let token = session["token"].as_str().unwrap();
    Call::get("/me").bearer(token).send(&fixture).await.problem("session_not_found");
}

#[tokio::test]
async fn me_is_changed_by_a_merge_patch() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let patch = |body: Value| Call::patch("/me").bearer(&person.token).json(&body);
    let body = json!({"name": "Alice", "username": "alice", "metadata": {"a": {"b": 1, "c": 2}}});
    let answer = patch(body).send(&fixture).await;
    assert_eq!(answer.ok(200)["user"]["name"], "Alice");
    let body = json!({"name": null, "metadata": {"a": {"b": null}}}).to_string();
    let call = Call::patch("/me").bearer(&person.token).raw("application/merge-patch+json", body);
    let answer = call.send(&fixture).await;
    let user = &answer.ok(200)["user"];
    assert_eq!((&user["name"], &user["username"]), (&Value::Null, &json!("alice")));
    assert_eq!(user["metadata"], json!({"a": {"c": 2}}));
    let answer = patch(json!({"username": null, "metadata": null})).send(&fixture).await;
    assert_eq!(answer.ok(200)["user"]["username"], Value::Null);
    assert_eq!(answer.body["user"]["metadata"], json!({}));
    Call::get("/me").bearer(&person.token).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn one_is_told_everything_that_is_stored_but_no_secret_and_can_be_erased() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let answer = Call::get("/me/export").bearer(&person.token).send(&fixture).await;
    answer.ok(200);
    assert!(answer.text.contains(EMAIL) && answer.text.contains(&person.session));
    for secret in [&person.token, &person.refresh_token, "$argon2id$"] {
        assert!(!answer.text.contains(secret));
    }
    Call::delete("/me").bearer(&person.token).send(&fixture).await.ok(204);
    sign_in(&fixture, PASSWORD).await.problem("invalid_credentials");
    fixture.person(EMAIL).await;
}

#[tokio::test]
async fn what_needs_a_recent_proof_wants_another_one_after_ten_minutes() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let export = || Call::get("/me/export").bearer(&person.token);
    fixture.clock.advance(Duration::from_secs(600));
    export().send(&fixture).await.ok(200);
    fixture.clock.advance(Duration::from_secs(1));
    export().send(&fixture).await.problem("reauthentication_required");
    let prove = |body: Value| Call::post("/reauthenticate").bearer(&person.token).json(&body);
    prove(json!({"password": "wrong"})).send(&fixture).await.problem("invalid_credentials");
    prove(json!({"code": "123456"})).send(&fixture).await.problem("method_not_allowed_here");
    prove(json!({})).send(&fixture).await.problem("invalid_request");
    let answer = prove(json!({"password": PASSWORD})).send(&fixture).await;
    assert!(!answer.headers.contains_key("set-cookie"), "the request carries none");
    let token = answer.ok(200)["session"]["token"].as_str().unwrap();
    Call::get("/me/export").bearer(token).send(&fixture).await.ok(200);
    export().send(&fixture).await.problem("session_not_found");
}

#[tokio::test]
async fn sessions_are_listed_without_tokens_and_ended() {
    let fixture = Fixture::new().await;
    let first = fixture.person(EMAIL).await;
    let second = Person::of(sign_in(&fixture, PASSWORD).await.ok(200));
    let third = Person::of(sign_in(&fixture, PASSWORD).await.ok(200));
    let stranger = fixture.person("bob@example.com").await;
    let answer = Call::get("/sessions").bearer(&first.token).send(&fixture).await;
    let data = answer.ok(200)["data"].as_array().unwrap();
    assert_eq!(data.len(), 3);
    data.iter().for_each(|session| assert_keys(session, SESSION));

    let end = |token: &str, id: &str| Call::delete(&format!("/sessions/{id}")).bearer(token);
    end(&first.token, &stranger.session).send(&fixture).await.problem("not_found");
    end(&first.token, "ases_01h455vb4pex5vsknk084sn02q").send(&fixture).await.problem("not_found");
    end(&first.token, &second.session).send(&fixture).await.ok(204);
    Call::get("/me").bearer(&second.token).send(&fixture).await.problem("session_not_found");
    Call::delete("/sessions").bearer(&first.token).send(&fixture).await.ok(204);
    Call::get("/me").bearer(&third.token).send(&fixture).await.problem("session_not_found");
    Call::get("/me").bearer(&first.token).send(&fixture).await.ok(200);
    Call::get("/me").bearer(&stranger.token).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn an_organization_that_one_is_no_member_of_is_not_found() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let body = json!({"organization_id": "aorg_01h455vb4pex5vsknk084sn02q"});
    let call = Call::post("/sessions/organization").bearer(&person.token).json(&body);
    call.send(&fixture).await.problem("not_found");
}

#[tokio::test]
async fn a_forgotten_password_is_reset_with_the_mailed_token_once() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    fixture.mails().await;
    let forgot = |email: &str| Call::post("/password/forgot").json(&json!({"email": email}));
    forgot(EMAIL).send(&fixture).await.ok(202);
    let token = fixture.mailed_token().await;
    let sent = fixture.mails().await;
    forgot("nobody@example.com").send(&fixture).await.ok(202);
    assert_eq!(fixture.mails().await, sent);
    let reset = |password: &str| Call::post("/password/reset").json(&json!({"token": token, "password": password}));
    reset("short").send(&fixture).await.problem("weak_password");
    reset(OTHER_PASSWORD).environment("staging").send(&fixture).await.problem("invalid_token");
    reset(OTHER_PASSWORD).send(&fixture).await.ok(204);
    reset(OTHER_PASSWORD).send(&fixture).await.problem("invalid_token");
    Call::get("/me").bearer(&person.token).send(&fixture).await.problem("session_not_found");
    sign_in(&fixture, PASSWORD).await.problem("invalid_credentials");
    sign_in(&fixture, OTHER_PASSWORD).await.ok(200);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let fixture = Fixture::new().await;
    let first = fixture.person(EMAIL).await;
    let second = Person::of(sign_in(&fixture, PASSWORD).await.ok(200));
    let change = |current: &str, password: &str| {
        let body = json!({"current": current, "password": password});
        Call::post("/password/change").bearer(&first.token).json(&body)
    };
    change("wrong", OTHER_PASSWORD).send(&fixture).await.problem("invalid_credentials");
    change(PASSWORD, "short").send(&fixture).await.problem("weak_password");
    let answer = change(PASSWORD, OTHER_PASSWORD).send(&fixture).await;
    let token = answer.ok(200)["session"]["token"].as_str().unwrap();
    Call::get("/me").bearer(token).send(&fixture).await.ok(200);
    Call::get("/me").bearer(&first.token).send(&fixture).await.problem("session_not_found");
    Call::get("/me").bearer(&second.token).send(&fixture).await.problem("session_not_found");
    sign_in(&fixture, OTHER_PASSWORD).await.ok(200);
}

#[tokio::test]
async fn an_address_is_verified_with_the_mailed_token_and_changed_when_the_new_one_is() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    fixture.mails().await;
    Call::post("/email/verify/resend").json(&json!({"email": EMAIL})).send(&fixture).await.ok(202);
    Call::post("/email/verify/resend").json(&json!({"email": "nobody@example.com"})).send(&fixture).await.ok(202);
    let token = fixture.mailed_token().await;
    let verify = |token: &str| Call::post("/email/verify").json(&json!({"token": token}));
    verify(&token).environment("staging").send(&fixture).await.problem("invalid_token");
    verify(&token).send(&fixture).await.ok(204);
    verify(&token).send(&fixture).await.problem("invalid_token");
    let me = || Call::get("/me").bearer(&person.token);
    assert_eq!(me().send(&fixture).await.ok(200)["user"]["email_verified"], true);

    let change = Call::post("/email/change").bearer(&person.token).json(&json!({"email": "new@example.com"}));
    change.send(&fixture).await.ok(202);
    assert_eq!(me().send(&fixture).await.ok(200)["user"]["email"], EMAIL);
    let link = fixture.token_mailed_to("new@example.com").await;
    verify(&link).send(&fixture).await.ok(204);
    assert_eq!(me().send(&fixture).await.ok(200)["user"]["email"], "new@example.com");
}

#[tokio::test]
async fn devices_are_listed_named_trusted_and_forgotten() {
    let fixture = Fixture::new().await;
    let call = Call::post("/signup").header("user-agent", "Test/1.0");
    let answer = call.json(&json!({"email": EMAIL, "password": PASSWORD})).send(&fixture).await;
    let person = Person::of(answer.ok(201));
    let device = answer.body["session"]["device_id"].as_str().expect("a session has a device").to_owned();
    let stranger = fixture.person("bob@example.com").await;
    let answer = Call::get("/devices").bearer(&person.token).send(&fixture).await;
    assert_eq!(answer.ok(200)["data"][0]["id"], device);
    assert!(answer.body["data"][0].get("fingerprint").is_none());

    let path = format!("/devices/{device}");
    let patch = |token: &str, body: Value| Call::patch(&path).bearer(token).json(&body);
    let answer = patch(&person.token, json!({"name": "Laptop", "trusted": true})).send(&fixture).await;
    assert_eq!(
        (&answer.ok(200)["device"]["name"], &answer.body["device"]["trusted"]),
        (&json!("Laptop"), &json!(true))
    );
    let answer = patch(&person.token, json!({"name": null})).send(&fixture).await;
    assert_eq!((&answer.ok(200)["device"]["name"], &answer.body["device"]["trusted"]), (&Value::Null, &json!(true)));
    patch(&stranger.token, json!({"name": "Mine"})).send(&fixture).await.problem("not_found");
    Call::delete(&path).bearer(&stranger.token).send(&fixture).await.problem("not_found");
    Call::delete(&path).bearer(&person.token).send(&fixture).await.ok(204);
    Call::delete(&path).bearer(&person.token).send(&fixture).await.problem("not_found");
    let scope = fixture.engine.default_environment().await.unwrap().scope();
    let left: Vec<Device> = {
        let user = person.id.parse().unwrap();
        fixture.engine.store().list_user_devices(&scope, user, Page::default()).await.unwrap().data
    };
    assert!(left.is_empty());
}

#[tokio::test]
async fn the_sign_in_page_learns_methods_policy_and_form() {
    let fixture = Fixture::new().await;
    let answer = Call::get("/config").send(&fixture).await;
    let body = answer.ok(200);
    assert_eq!(body["methods"], json!(["password"]));
    assert_eq!(body["password_policy"]["min_length"], 8);
    assert_eq!(body["environment"]["slug"], "development");
    assert_eq!(body["self_registration"], true);
    assert_eq!(body["sign_up_form"], json!({"fields": []}));
    assert_eq!(body["branding"], Value::Null);
}
