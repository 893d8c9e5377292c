//! `/session-config`.

use serde_json::{Value, json};

use super::environment_id;
use crate::tests::fixture::{Call, Fixture};

#[tokio::test]
async fn what_the_app_says_holds_where_environments_say_nothing() {
    let fixture = Fixture::new().await;
    let empty = Call::get("/session-config").admin().send(&fixture).await;
    assert_eq!(empty.ok(200)["session_config"]["token_format"], "opaque");
    assert_eq!(empty.body["session_config"]["settings"]["session_ttl"], Value::Null);
    let body = json!({"settings": {"session_ttl": 3600}, "token_format": "jwt"});
    let set = Call::put("/session-config").admin().json(&body).send(&fixture).await;
    assert_eq!(set.ok(200)["session_config"]["token_format"], "jwt");
    let path = format!("/environments/{}/effective-settings", environment_id(&fixture, "staging").await);
    let effective = Call::get(&path).admin().send(&fixture).await;
    assert_eq!(effective.ok(200)["settings"]["session_ttl"], json!({"value": 3600, "source": "app"}));
    assert_eq!(fixture.person("alice@example.com").await.token.split('.').count(), 3);
    Call::put("/session-config")
        .admin()
        .json(&json!({"settings": {"idle_session_timeout": 60}}))
        .send(&fixture)
        .await
        .ok(200);
    let replaced = Call::get("/session-config").admin().send(&fixture).await;
    assert_eq!(replaced.ok(200)["session_config"]["settings"]["session_ttl"], Value::Null);
    for bad in [json!({"settings": {"session_ttl": 1}}), json!({"token_format": "paseto"}), json!({"x": 1})] {
        Call::put("/session-config").admin().json(&bad).send(&fixture).await.problem("invalid_request");
    }
    Call::delete("/session-config").admin().send(&fixture).await.ok(204);
    Call::delete("/session-config").admin().send(&fixture).await.ok(204);
    let effective = Call::get(&path).admin().send(&fixture).await;
    assert_eq!(effective.ok(200)["settings"]["idle_session_timeout"]["source"], "built_in");
}
