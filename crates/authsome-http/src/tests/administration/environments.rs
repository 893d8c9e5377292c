//! `/environments`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{environment_id, text};
use crate::tests::fixture::{Call, Fixture, PASSWORD};

#[tokio::test]
async fn an_environment_is_made_read_and_changed() {
    let fixture = Fixture::new().await;
    fixture.clock.advance(Duration::from_secs(1));
    let body = json!({"name": "Preview 12", "type": "custom", "settings": {"session_ttl": 3600}});
    let made = Call::post("/environments").admin().json(&body).send(&fixture).await;
    let environment = made.ok(201)["environment"].clone();
    assert_eq!(environment["slug"], "preview-12");
    assert_eq!((&environment["color"], &environment["type"]), (&json!("#8B5CF6"), &json!("custom")));
    assert_eq!((&environment["is_default"], &environment["is_active"]), (&json!(false), &json!(true)));
    assert_eq!(environment["settings"]["session_ttl"], 3_600);
    assert_eq!(environment["settings"]["mfa_required"], Value::Null);
    Call::post("/environments").admin().json(&body).send(&fixture).await.problem("conflict");
    let path = format!("/environments/{}", text(&environment, "/id"));
    assert_eq!(Call::get(&path).admin().send(&fixture).await.ok(200)["environment"], environment);

    let patch = json!({"name": "Preview", "settings": {"session_ttl": null, "idle_session_timeout": 600}});
    let changed = Call::patch(&path).admin().json(&patch).send(&fixture).await.ok(200)["environment"].clone();
    assert_eq!((&changed["name"], &changed["slug"]), (&json!("Preview"), &json!("preview-12")));
    assert_eq!(changed["settings"]["session_ttl"], Value::Null);
    let effective = Call::get(&format!("{path}/effective-settings")).admin().send(&fixture).await;
    let settings = &effective.ok(200)["settings"];
    assert_eq!(settings["session_ttl"], json!({"value": 604_800, "source": "built_in"}));
    assert_eq!(settings["idle_session_timeout"], json!({"value": 600, "source": "environment"}));
    for bad in [
        json!({"settings": {"session_ttl": 59}}),
        json!({"settings": {"session_lifetime": 60}}),
        json!({"slug": "No Slug"}),
        json!({"color": "red"}),
        json!({"type": "prod"}),
        json!({"is_default": true}),
        json!({"name": ""}),
        json!({"name": null}),
        json!({"type": null}),
        json!({"metadata": {"a": 1}}),
        json!({"metadata": {"a": "\u{0}"}}),
        json!({"description": "\u{0}"}),
        json!({"settings": {"allowed_auth_methods": ["\u{0}"]}}),
    ] {
        Call::patch(&path).admin().json(&bad).send(&fixture).await.problem("invalid_request");
    }
    let patch = json!({"settings": null, "metadata": {"a": "1", "b": "2"}});
    let changed = Call::patch(&path).admin().json(&patch).send(&fixture).await.ok(200)["environment"].clone();
    assert!(changed["settings"].as_object().unwrap().values().all(Value::is_null));
    let changed = Call::patch(&path).admin().json(&json!({"metadata": {"a": null}})).send(&fixture).await;
    assert_eq!(changed.ok(200)["environment"]["metadata"], json!({"b": "2"}));
    let changed = Call::patch(&path).admin().json(&json!({"metadata": null})).send(&fixture).await;
    assert_eq!(changed.ok(200)["environment"]["metadata"], json!({}));
    let listed = Call::get("/environments").admin().send(&fixture).await;
    let slugs: Vec<&Value> = listed.ok(200)["data"].as_array().unwrap().iter().map(|row| &row["slug"]).collect();
    assert_eq!(slugs.len(), 4);
    assert_eq!(slugs[0], "preview-12");
}

#[tokio::test]
async fn composition_rules_are_warned_of() {
    let fixture = Fixture::new().await;
    let path = format!("/environments/{}", environment_id(&fixture, "development").await);
    let patch = |on: bool| Call::patch(&path).admin().json(&json!({"settings": {"require_numbers": on}}));
    assert!(patch(true).send(&fixture).await.ok(200)["warnings"][0].as_str().unwrap().contains("800-63B-4"));
    assert!(patch(false).send(&fixture).await.ok(200).get("warnings").is_none());
}

#[tokio::test]
async fn deleting_an_environment_takes_it_out_of_reach_and_protects_what_is_needed() {
    let fixture = Fixture::new().await;
    let staging = environment_id(&fixture, "staging").await;
    let alice = fixture.person_in("staging", "alice@example.com").await;
    let development = environment_id(&fixture, "development").await;
    let production = environment_id(&fixture, "production").await;
    for protected in [&development, &production] {
        let delete = Call::delete(&format!("/environments/{protected}")).admin().confirm("delete-environment");
        delete.send(&fixture).await.problem("environment_protected");
    }
    let second = json!({"name": "Production EU", "type": "production"});
    let second = Call::post("/environments").admin().json(&second).send(&fixture).await;
    let second = format!("/environments/{}", text(second.ok(201), "/environment/id"));
    let refused = Call::delete(&second).admin().send(&fixture).await;
    assert_eq!(refused.problem("confirmation_required")["action"], "delete-environment");
    Call::delete(&second).admin().confirm("delete-environment").send(&fixture).await.ok(202);

    Call::delete(&format!("/environments/{staging}")).admin().send(&fixture).await.ok(202);
    Call::get(&format!("/environments/{staging}")).admin().send(&fixture).await.problem("not_found");
    Call::get("/me").bearer(&alice.token).send(&fixture).await.problem("session_not_found");
    Call::get("/config").environment("staging").send(&fixture).await.problem("invalid_request");
    Call::get("/users").admin().environment(&staging).send(&fixture).await.problem("invalid_request");
    fixture.engine.run_jobs_once().await.unwrap();
    let again = json!({"name": "Staging", "type": "staging"});
    Call::post("/environments").admin().json(&again).send(&fixture).await.ok(201);
    let sign_in = Call::post("/signin").environment("staging");
    let sign_in = sign_in.json(&json!({"email": "alice@example.com", "password": PASSWORD}));
    sign_in.send(&fixture).await.problem("invalid_credentials");
}

#[tokio::test]
async fn taking_the_type_production_away_is_confirmed() {
    let fixture = Fixture::new().await;
    let path = format!("/environments/{}", environment_id(&fixture, "production").await);
    let patch = || Call::patch(&path).admin().json(&json!({"type": "staging"}));
    let refused = patch().send(&fixture).await;
    assert_eq!(refused.problem("confirmation_required")["action"], "change-environment-type");
    let changed = patch().confirm("change-environment-type").send(&fixture).await;
    let environment = &changed.ok(200)["environment"];
    assert_eq!((&environment["type"], &environment["color"]), (&json!("staging"), &json!("#F59E0B")));
    Call::patch(&path).admin().json(&json!({"type": "production"})).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn a_suspended_environment_completes_nothing_and_the_administrator_works_on() {
    let fixture = Fixture::new().await;
    let alice = fixture.person("alice@example.com").await;
    let path = format!("/environments/{}", environment_id(&fixture, "development").await);
    let suspended = Call::post(&format!("{path}/deactivate")).admin().send(&fixture).await;
    assert_eq!(suspended.ok(200)["environment"]["is_active"], false);
    Call::get("/me").bearer(&alice.token).send(&fixture).await.problem("environment_inactive");
    let body = json!({"refresh_token": alice.refresh_token});
    Call::post("/refresh").json(&body).send(&fixture).await.problem("environment_inactive");
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    Call::post("/signin").json(&body).send(&fixture).await.problem("environment_inactive");
    Call::post("/signup").json(&body).send(&fixture).await.problem("environment_inactive");
    Call::get("/users").admin().send(&fixture).await.ok(200);
    Call::post(&format!("{path}/activate")).admin().send(&fixture).await.ok(200);
    Call::get("/me").bearer(&alice.token).send(&fixture).await.ok(200);
}

#[tokio::test]
async fn the_default_moves_and_a_clone_has_the_settings() {
    let fixture = Fixture::new().await;
    let staging = format!("/environments/{}", environment_id(&fixture, "staging").await);
    Call::patch(&staging).admin().json(&json!({"settings": {"self_registration": false}})).send(&fixture).await.ok(200);
    let moved = Call::post(&format!("{staging}/set-default")).admin().send(&fixture).await;
    assert_eq!(moved.ok(200)["environment"]["is_default"], true);
    assert_eq!(Call::get("/config").send(&fixture).await.ok(200)["environment"]["slug"], "staging");
    let body = json!({"name": "Trial", "type": "custom", "settings": {"session_ttl": 60}});
    let cloned = Call::post(&format!("{staging}/clone")).admin().json(&body).send(&fixture).await;
    let environment = &cloned.ok(201)["environment"];
    assert_eq!((&environment["slug"], &environment["is_default"]), (&json!("trial"), &json!(false)));
    assert_eq!(environment["settings"]["self_registration"], false);
    assert_eq!(environment["settings"]["session_ttl"], 60);
    let relative = json!({"name": "Other", "type": "custom", "webhook_url": "hooks.example"});
    Call::post(&format!("{staging}/clone")).admin().json(&relative).send(&fixture).await.problem("invalid_request");
    let nowhere = staging.replace("aenv_0", "aenv_1");
    Call::post(&format!("{nowhere}/clone")).admin().json(&body).send(&fixture).await.problem("not_found");
}
