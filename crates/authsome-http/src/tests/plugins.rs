//! What a plugin's routes declare holds for them as it does for core's.

use std::time::Duration;

use serde_json::json;

use authsome_core::entity::Entity;
use authsome_core::id::TypedId;
use authsome_core::secret::Token;

use super::fixture::{Call, Fixture};
use super::probe::{MOST, Pass, PassId};

/// A pass of an environment: its token and its id.
async fn pass(fixture: &Fixture, environment: &str) -> (String, String) {
    let engine = &fixture.engine;
    let (now, entropy) = (engine.clock().now(), &**engine.entropy());
    let token = Token::generate("apss_", entropy).unwrap();
    let scope = engine.environment(environment).await.unwrap().scope();
    let pass = Pass { id: PassId::generate(now, entropy).unwrap(), scope, token_hash: token.hash() };
    pass.insert(&scope, &**engine.store()).await.unwrap();
    (token.expose().to_owned(), pass.id.to_string())
}

#[tokio::test]
async fn a_credential_of_a_plugin_selects_its_environment_and_is_none_elsewhere() {
    let fixture = Fixture::new().await;
    let (token, id) = pass(&fixture, "staging").await;
    let alice = fixture.person_in("staging", "alice@example.com").await;
    let bob = fixture.person_in("production", "bob@example.com").await;
    let show = || Call::post("/probe/pass").json(&json!({"pass": token}));
    let anonymous = json!({"at": "staging", "pass": id, "actor": null});
    assert_eq!(*show().send(&fixture).await.ok(200), anonymous);
    assert_eq!(*show().environment("staging").send(&fixture).await.ok(200), anonymous);
    let hers = show().bearer(&alice.token).send(&fixture).await;
    assert_eq!(*hers.ok(200), json!({"at": "staging", "pass": id, "actor": alice.id}));
    // A browser sends the cookie by itself.
    assert_eq!(*show().cookie(&bob.token).send(&fixture).await.ok(200), anonymous);
    for refused in [
        show().environment("production"),
        show().environment("nowhere"),
        show().bearer(&bob.token),
        Call::post("/probe/pass?env=development").json(&json!({"pass": token})),
        Call::post("/probe/pass").json(&json!({"pass": format!("{token}x")})),
        Call::post("/probe/pass").json(&json!({"pass": alice.token})),
    ] {
        refused.send(&fixture).await.problem("invalid_token");
    }
    Call::get("/me").bearer(&token).send(&fixture).await.problem("session_not_found");
    Call::post("/odd/ticket").json(&json!({"mfa_ticket": token})).send(&fixture).await.problem("invalid_token");
}

#[tokio::test]
async fn requests_of_a_plugins_class_are_counted_on_what_their_bodies_name() {
    let fixture = Fixture::new().await;
    let call = |name: &str, peer: u32| {
        Call::post("/probe/counted").peer(&format!("203.0.113.{peer}")).json(&json!({ "name": name }))
    };
    for peer in 0..MOST {
        call("one", peer).send(&fixture).await.ok(204);
    }
    call("one", MOST).send(&fixture).await.problem("rate_limited");
    call("two", MOST).send(&fixture).await.ok(204);
    call("one", MOST).environment("staging").send(&fixture).await.ok(204);
    fixture.clock.advance(Duration::from_secs(60));
    call("one", MOST).send(&fixture).await.ok(204);
}

#[tokio::test]
async fn requests_of_a_plugins_class_are_counted_on_their_address_apart_from_others() {
    let fixture = Fixture::new().await;
    let call = |name: u32| Call::post("/probe/counted").peer("203.0.113.1").json(&json!({"name": name.to_string()}));
    for name in 0..50 {
        call(name).send(&fixture).await.ok(204);
    }
    call(50).send(&fixture).await.problem("rate_limited");
    Call::get("/config").peer("203.0.113.1").send(&fixture).await.ok(200);
    Call::post("/probe/counted").peer("203.0.113.2").json(&json!({"name": "x"})).send(&fixture).await.ok(204);
}
