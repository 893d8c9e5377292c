//! `/audit`.

use std::time::Duration;

use serde_json::{Value, json};

use super::text;
use crate::tests::fixture::{Call, Fixture};

fn actions(body: &Value) -> Vec<&str> {
    body["data"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_are_narrowed_by_actor_action_target_and_time() {
    let fixture = Fixture::new().await;
    let alice = fixture.person("alice@example.com").await;
    fixture.clock.advance(Duration::from_secs(60));
    Call::post(&format!("/users/{}/ban", alice.id)).admin().send(&fixture).await.ok(200);
    let audit = async |query: &str| Call::get(&format!("/audit{query}")).admin().send(&fixture).await;
    let all = audit("").await;
    assert!(actions(all.ok(200)).contains(&"user.created"));
    let by_admin = audit("?actor=administrator").await;
    assert!(actions(by_admin.ok(200)).contains(&"user.banned") && !actions(&by_admin.body).contains(&"user.created"));
    assert_eq!(actions(audit("?action=user.banned").await.ok(200)), ["user.banned"]);
    let done_to = audit(&format!("?target={}&action=user.created", alice.id)).await;
    assert_eq!(actions(done_to.ok(200)), ["user.created"]);
    let banned_at = text(&audit("?action=user.banned").await.body, "/data/0/created_at");
    let before = audit(&format!("?until={banned_at}")).await;
    assert!(actions(before.ok(200)).contains(&"user.created") && !actions(&before.body).contains(&"user.banned"));
    let since = audit(&format!("?since={banned_at}")).await;
    assert!(actions(since.ok(200)).contains(&"user.banned") && !actions(&since.body).contains(&"user.created"));
    let first = audit("?limit=1").await;
    let cursor = text(first.ok(200), "/next_cursor");
    let second = audit(&format!("?limit=1&cursor={cursor}")).await;
    assert_ne!(second.ok(200)["data"][0]["id"], first.body["data"][0]["id"]);
    for query in ["?since=yesterday", "?who=me", "?actor=%00"] {
        audit(query).await.problem("invalid_request");
    }
    assert!(actions(Call::get("/audit").admin().environment("staging").send(&fixture).await.ok(200)).is_empty());
}

#[tokio::test]
async fn what_happens_to_an_app_and_its_environments_is_read_with_the_administrators_token_alone() {
    let fixture = Fixture::new().await;
    let apps = Call::get("/apps").admin().send(&fixture).await;
    let app = text(apps.ok(200), "/data/0/id");
    let path = format!("/apps/{app}/audit");
    let audit = async |query: &str| Call::get(&format!("{path}{query}")).admin().send(&fixture).await;
    let later = || fixture.clock.advance(Duration::from_secs(1));
    later();
    let new = json!({"name": "Preview", "type": "custom"});
    let made = Call::post("/environments").admin().json(&new).send(&fixture).await;
    let made = text(made.ok(201), "/environment/id");
    for action in ["deactivate", "activate", "set-default"] {
        later();
        Call::post(&format!("/environments/{made}/{action}")).admin().send(&fixture).await.ok(200);
    }
    Call::delete("/session-config").admin().send(&fixture).await.ok(204);
    later();
    let config = json!({"settings": {"min_password_length": 12}});
    Call::put("/session-config").admin().json(&config).send(&fixture).await.ok(200);

    let done = audit("?actor=administrator").await;
    let expected = [
        "session_config.set",
        "environment.default_changed",
        "environment.activated",
        "environment.deactivated",
        "environment.created",
    ];
    assert_eq!(actions(done.ok(200)), expected);
    assert_eq!(done.body["data"][4]["target"], *made);
    assert_eq!(done.body["data"][4]["app_id"], *app);
    assert_eq!(actions(audit("?action=environment.activated").await.ok(200)), ["environment.activated"]);
    assert_eq!(actions(audit(&format!("?target={made}")).await.ok(200)), expected[1..]);
    let since = text(&done.body, "/data/4/created_at");
    assert_eq!(actions(audit(&format!("?since={since}")).await.ok(200)), expected);
    assert!(actions(audit(&format!("?until={since}")).await.ok(200)).contains(&"app.created"));
    let first = audit("?limit=2").await;
    let cursor = text(first.ok(200), "/next_cursor");
    assert_eq!(actions(audit(&format!("?limit=2&cursor={cursor}")).await.ok(200)), expected[2..4]);
    for query in ["?since=yesterday", "?who=me", "?limit=0"] {
        audit(query).await.problem("invalid_request");
    }
    audit("?cursor=x").await.problem("invalid_cursor");

    Call::get(&path).send(&fixture).await.problem("unauthenticated");
    let key = json!({"name": "Everything", "permissions": ["audit:*", "environments:*", "settings:*"]});
    let key = Call::post("/api-keys").admin().json(&key).send(&fixture).await;
    let key = text(key.ok(201), "/api_key/token");
    Call::get(&path).bearer(&key).send(&fixture).await.problem("forbidden");
    let nowhere = format!("{}0", &app[..app.len() - 1]);
    Call::get(&format!("/apps/{nowhere}/audit")).admin().send(&fixture).await.problem("not_found");
}
