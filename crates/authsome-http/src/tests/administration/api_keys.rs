//! `/api-keys`, and what a key reaches.

use std::time::Duration;

use serde_json::{Value, json};

use super::{environment_id, text};
use crate::tests::fixture::{Call, Fixture};

async fn key(fixture: &Fixture, environment: &str, permissions: &[&str]) -> Value {
    let body = json!({"name": "Program", "permissions": permissions});
    let made = Call::post("/api-keys").admin().environment(environment).json(&body).send(fixture).await;
    made.ok(201)["api_key"].clone()
}

#[tokio::test]
async fn a_key_names_its_environments_type_and_does_what_it_may() {
    let fixture = Fixture::new().await;
    for (environment, prefix) in [("production", "ask_live_"), ("staging", "ask_test_"), ("development", "ask_dev_")] {
        let made = key(&fixture, environment, &["users:read"]).await;
        let token = text(&made, "/token");
        assert!(token.starts_with(prefix) && token.starts_with(made["prefix"].as_str().unwrap()));
        let person = fixture.person_in(environment, "alice@example.com").await;
        let users = Call::get("/users").bearer(&token).send(&fixture).await;
        assert_eq!(text(users.ok(200), "/data/0/id"), person.id);
        Call::get("/audit").bearer(&token).send(&fixture).await.problem("forbidden");
        Call::post(&format!("/users/{}/ban", person.id)).bearer(&token).send(&fixture).await.problem("forbidden");
        Call::get("/apps").bearer(&token).send(&fixture).await.problem("forbidden");
        Call::get("/me").bearer(&token).send(&fixture).await.problem("forbidden");
    }
}

#[tokio::test]
async fn a_key_reaches_its_own_environment_alone() {
    let fixture = Fixture::new().await;
    let token = text(&key(&fixture, "staging", &["environments:*", "users:*"]).await, "/token");
    let (staging, production) =
        (environment_id(&fixture, "staging").await, environment_id(&fixture, "production").await);
    Call::get("/users").bearer(&token).environment("staging").send(&fixture).await.ok(200);
    Call::get("/users").bearer(&token).environment(&staging).send(&fixture).await.ok(200);
    for named in ["production", &production, "nowhere"] {
        Call::get("/users").bearer(&token).environment(named).send(&fixture).await.problem("session_not_found");
        Call::get(&format!("/users?env={named}")).bearer(&token).send(&fixture).await.problem("session_not_found");
    }
    let listed = Call::get("/environments").bearer(&token).send(&fixture).await;
    assert_eq!(listed.ok(200)["data"].as_array().unwrap().len(), 1);
    assert_eq!(text(&listed.body, "/data/0/id"), staging);
    Call::get(&format!("/environments/{staging}")).bearer(&token).send(&fixture).await.ok(200);
    let patch = json!({"name": "Stage"});
    Call::patch(&format!("/environments/{staging}")).bearer(&token).json(&patch).send(&fixture).await.ok(200);
    for apps in [json!({"slug": "production"}), json!({"slug": "free"}), json!({"type": "custom"})] {
        let patch = Call::patch(&format!("/environments/{staging}")).bearer(&token).json(&apps);
        patch.send(&fixture).await.problem("forbidden");
    }
    Call::get(&format!("/environments/{production}")).bearer(&token).send(&fixture).await.problem("not_found");
    Call::get("/environments/slug/production").bearer(&token).send(&fixture).await.problem("not_found");
    let effective = format!("/environments/{production}/effective-settings");
    Call::get(&effective).bearer(&token).send(&fixture).await.problem("not_found");
    let other = Call::patch(&format!("/environments/{production}")).bearer(&token).json(&patch);
    other.send(&fixture).await.problem("not_found");
    Call::delete(&format!("/environments/{staging}")).bearer(&token).send(&fixture).await.problem("forbidden");
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let fixture = Fixture::new().await;
    let token = text(&key(&fixture, "development", &["api_keys:*", "users:read"]).await, "/token");
    let make = |permissions: &[&str]| json!({"name": "Child", "permissions": permissions});
    Call::post("/api-keys").bearer(&token).json(&make(&["users:read"])).send(&fixture).await.ok(201);
    for more in [&["users:write"][..], &["users:*"], &["users:read", "audit:read"]] {
        Call::post("/api-keys").bearer(&token).json(&make(more)).send(&fixture).await.problem("forbidden");
    }
    let alice = fixture.person("alice@example.com").await;
    let bob = fixture.person("bob@example.com").await;
    let own = Call::post("/api-keys").bearer(&alice.token).json(&make(&[])).send(&fixture).await;
    assert_eq!(text(own.ok(201), "/api_key/user_id"), alice.id);
    Call::post("/api-keys").bearer(&alice.token).json(&make(&["users:read"])).send(&fixture).await.problem("forbidden");
    let for_bob = json!({"name": "x", "user_id": bob.id});
    Call::post("/api-keys").bearer(&alice.token).json(&for_bob).send(&fixture).await.problem("forbidden");
    let mine = Call::get("/api-keys").bearer(&bob.token).send(&fixture).await;
    assert!(mine.ok(200)["data"].as_array().unwrap().is_empty());
    let path = format!("/api-keys/{}", text(&own.body, "/api_key/id"));
    Call::delete(&path).bearer(&bob.token).send(&fixture).await.problem("not_found");
    Call::delete(&path).bearer(&alice.token).send(&fixture).await.ok(204);
    for bad in [json!({"name": "x", "permissions": ["users:reed"]}), json!({"name": ""}), json!({"permissions": []})] {
        Call::post("/api-keys").admin().json(&bad).send(&fixture).await.problem("invalid_request");
    }
}

#[tokio::test]
async fn what_a_key_makes_ends_with_its_user_and_its_time() {
    let fixture = Fixture::new().await;
    let (alice, bob) = (fixture.person("alice@example.com").await, fixture.person("bob@example.com").await);
    let end = "2023-11-15T00:00:00.000Z";
    let hers =
        json!({"name": "Hers", "permissions": ["api_keys:*", "users:*"], "user_id": alice.id, "expires_at": end});
    let hers = Call::post("/api-keys").admin().json(&hers).send(&fixture).await;
    let hers = text(hers.ok(201), "/api_key/token");
    let make = |body: Value| Call::post("/api-keys").bearer(&hers).json(&body);
    let child = make(json!({"name": "Child", "permissions": ["users:read"]})).send(&fixture).await;
    assert_eq!(text(child.ok(201), "/api_key/user_id"), alice.id);
    assert_eq!(text(&child.body, "/api_key/expires_at"), end);
    let token = text(&child.body, "/api_key/token");
    for more in [json!({"user_id": bob.id}), json!({"expires_at": "2023-11-15T00:00:01Z"})] {
        let mut body = json!({"name": "Child"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        make(body).send(&fixture).await.problem("forbidden");
    }
    make(json!({"name": "Child", "user_id": alice.id, "expires_at": "2023-11-14T23:00:00Z"}))
        .send(&fixture)
        .await
        .ok(201);
    Call::get("/users").bearer(&token).send(&fixture).await.ok(200);
    Call::post(&format!("/users/{}/ban", alice.id)).admin().send(&fixture).await.ok(200);
    Call::get("/users").bearer(&token).send(&fixture).await.problem("session_not_found");
}

#[tokio::test]
async fn a_key_ends_with_its_time_its_deletion_and_its_user() {
    let fixture = Fixture::new().await;
    let users = |token: &str| Call::get("/users").bearer(token);
    let body = json!({"name": "Short", "permissions": ["users:read"], "expires_at": "2023-11-14T23:13:20Z"});
    let short = Call::post("/api-keys").admin().json(&body).send(&fixture).await;
    let short = text(short.ok(201), "/api_key/token");
    users(&short).send(&fixture).await.ok(200);
    fixture.clock.advance(Duration::from_secs(3_600));
    users(&short).send(&fixture).await.problem("token_expired");
    Call::post("/api-keys").admin().json(&body).send(&fixture).await.problem("invalid_request");

    let made = key(&fixture, "development", &["users:read"]).await;
    Call::delete(&format!("/api-keys/{}", text(&made, "/id"))).admin().send(&fixture).await.ok(204);
    users(&text(&made, "/token")).send(&fixture).await.problem("session_not_found");

    let alice = fixture.person("alice@example.com").await;
    let body = json!({"name": "Hers", "permissions": ["users:read"], "user_id": alice.id});
    let hers = text(Call::post("/api-keys").admin().json(&body).send(&fixture).await.ok(201), "/api_key/token");
    users(&hers).send(&fixture).await.ok(200);
    Call::post(&format!("/users/{}/ban", alice.id)).admin().send(&fixture).await.ok(200);
    users(&hers).send(&fixture).await.problem("session_not_found");
    Call::post(&format!("/users/{}/unban", alice.id)).admin().send(&fixture).await.ok(200);
    users(&hers).send(&fixture).await.ok(200);
    Call::delete(&format!("/users/{}", alice.id)).admin().send(&fixture).await.ok(204);
    users(&hers).send(&fixture).await.problem("session_not_found");
    let environment = environment_id(&fixture, "development").await;
    let made = text(&key(&fixture, "development", &["users:read"]).await, "/token");
    Call::post(&format!("/environments/{environment}/deactivate")).admin().send(&fixture).await.ok(200);
    users(&made).send(&fixture).await.problem("environment_inactive");
}
