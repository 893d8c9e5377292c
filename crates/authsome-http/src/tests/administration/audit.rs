//! `/audit`.

use std::time::Duration;

use serde_json::Value;

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
