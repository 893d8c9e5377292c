//! `/apps`.

use serde_json::json;

use super::text;
use crate::tests::fixture::{Call, Fixture};

#[tokio::test]
async fn an_app_is_made_named_by_its_key_changed_and_deleted() {
    let fixture = Fixture::new().await;
    let made = Call::post("/apps").admin().json(&json!({"name": "Web shop"})).send(&fixture).await;
    let app = made.ok(201)["app"].clone();
    assert_eq!(app["slug"], "web-shop");
    Call::post("/apps").admin().json(&json!({"name": "Web shop"})).send(&fixture).await.problem("conflict");
    let (path, key) = (format!("/apps/{}", text(&app, "/id")), text(&app, "/publishable_key"));
    assert!(key.starts_with("apk_"));
    let here = || Call::get("/environments").admin().header("x-publishable-key", &key);
    let environments = here().send(&fixture).await;
    assert_eq!(environments.ok(200)["data"].as_array().unwrap().len(), 3);
    assert_eq!(environments.body["data"][0]["app_id"], app["id"]);

    let replaced = Call::post(&format!("{path}/publishable-key")).admin().send(&fixture).await;
    assert_ne!(text(replaced.ok(200), "/app/publishable_key"), key);
    here().send(&fixture).await.problem("invalid_request");
    let patch = json!({"name": "Shop", "slug": "shop", "metadata": {"owner": "sales"}});
    let changed = Call::patch(&path).admin().json(&patch).send(&fixture).await;
    assert_eq!(
        (&changed.ok(200)["app"]["slug"], &changed.body["app"]["metadata"]["owner"]),
        (&json!("shop"), &json!("sales"))
    );
    Call::patch(&path).admin().json(&json!({"slug": "a b"})).send(&fixture).await.problem("invalid_request");

    let key = text(&replaced.body, "/app/publishable_key");
    let alice = Call::post("/signup").header("x-publishable-key", &key);
    let alice = alice.json(&json!({"email": "alice@example.com", "password": "correct horse battery staple"}));
    let token = text(alice.send(&fixture).await.ok(201), "/session/token");
    let refused = Call::delete(&path).admin().send(&fixture).await;
    assert_eq!(refused.problem("confirmation_required")["action"], "delete-app");
    Call::delete(&path).admin().confirm("delete-app").send(&fixture).await.ok(202);
    Call::get(&path).admin().send(&fixture).await.problem("not_found");
    Call::get("/me").bearer(&token).send(&fixture).await.problem("session_not_found");
    Call::get("/config").header("x-publishable-key", &key).send(&fixture).await.problem("invalid_request");
    fixture.engine.run_jobs_once().await.unwrap();
    assert_eq!(Call::get("/apps").admin().send(&fixture).await.ok(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_configured_app_is_not_deleted_and_keeps_its_slug() {
    let fixture = Fixture::new().await;
    let apps = Call::get("/apps").admin().send(&fixture).await;
    let path = format!("/apps/{}", text(apps.ok(200), "/data/0/id"));
    Call::delete(&path).admin().confirm("delete-app").send(&fixture).await.problem("conflict");
    Call::patch(&path).admin().json(&json!({"slug": "other"})).send(&fixture).await.problem("conflict");
    Call::patch(&path).admin().json(&json!({"name": "Other"})).send(&fixture).await.ok(200);
}
