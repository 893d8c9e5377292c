//! `test_codes`.

use serde_json::{Value, json};

use super::world::{Place, World, outcome, text};
use crate::HttpOptions;
use crate::tests::fixture::{Answer, Call, PASSWORD};
use authsome_core::environment::Settings;

const NEW_PASSWORD: &str = "a wholly new passphrase";

async fn known(at: Place<'_>, prefix: &str, email: &str) -> String {
    format!("{prefix}424242.{}.{email}", text(&at.stored().await, "/id"))
}

async fn sign_up(at: Place<'_>, email: &str) {
    at.send(Call::post("/signup").json(&json!({"email": email, "password": PASSWORD}))).await.ok(201);
}

async fn verify(at: Place<'_>, email: &str) -> Answer {
    let token = known(at, "avt_", email).await;
    at.send(Call::post("/email/verify").json(&json!({"token": token}))).await
}

async fn forgot(at: Place<'_>, email: &str) {
    at.send(Call::post("/password/forgot").json(&json!({"email": email}))).await.ok(202);
}

async fn reset(at: Place<'_>, email: &str) -> Answer {
    let token = known(at, "apt_", email).await;
    at.send(Call::post("/password/reset").json(&json!({"token": token, "password": NEW_PASSWORD}))).await
}

/// What becomes of the known tokens of somebody who signed up, and of somebody who forgot a password.
pub(super) async fn what_known_tokens_do(at: Place<'_>) -> Value {
    let email = at.sign_up().await.email;
    let verified = verify(at, &email).await;
    forgot(at, &email).await;
    json!([outcome(&verified), outcome(&reset(at, &email).await)])
}

#[tokio::test]
async fn a_test_of_an_application_needs_no_mailbox() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"test_codes": true, "require_email_verification": true})).await;
    sign_up(here, "Alice+1@shop.test").await;
    here.sign_in("alice+1@shop.test", PASSWORD).await.problem("email_not_verified");
    verify(here, "alice+1@shop.test").await.ok(204);
    here.sign_in("alice+1@shop.test", PASSWORD).await.ok(200);
    verify(here, "alice+1@shop.test").await.problem("invalid_token");

    forgot(here, "alice+1@shop.test").await;
    reset(here, "alice+1@shop.test").await.ok(204);
    reset(here, "alice+1@shop.test").await.problem("invalid_token");
    here.sign_in("alice+1@shop.test", PASSWORD).await.problem("invalid_credentials");
    here.sign_in("alice+1@shop.test", NEW_PASSWORD).await.ok(200);
}

#[tokio::test]
async fn an_address_that_somebody_can_own_has_no_known_token() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"test_codes": true})).await;
    for email in ["alice@authsome.dev", "alice@example.com.evil.org", "alice@ｅxample.net", "alice@notexample.com"] {
        sign_up(here, email).await;
        let key = email.replace('ｅ', "e");
        verify(here, email).await.problem("invalid_token");
        verify(here, &key).await.problem("invalid_token");
        forgot(here, email).await;
        world.fixture.mails().await;
        reset(here, email).await.problem("invalid_token");
        reset(here, &key).await.problem("invalid_token");
    }
    for email in ["alice@example.com", "alice@authsome.dev"] {
        let token = known(here, "avt_", email).await;
        let elsewhere = Call::post("/email/verify").json(&json!({"token": token}));
        world.at("development").send(elsewhere).await.problem("invalid_token");
    }
}

#[tokio::test]
async fn no_token_is_known_in_production_whoever_says_so() {
    let said = json!({"test_codes": true});
    let configured: Settings = serde_json::from_value(said.clone()).unwrap();
    let world = World::with(configured, HttpOptions::default()).await;
    let production = world.at("production");
    for source in ["config", "app"] {
        if source == "app" {
            world.say(&said).await;
        }
        assert_eq!(world.here().effective("test_codes").await, json!({"value": true, "source": source}));
        assert_eq!(production.effective("test_codes").await, json!({"value": false, "source": "built_in"}));
        assert_eq!(what_known_tokens_do(production).await, json!(["invalid_token", "invalid_token"]));
    }
}

#[tokio::test]
async fn test_codes_in_production_are_refused_by_name() {
    let world = World::new().await;
    let id = |stored: &Value| text(stored, "/id");
    let production = format!("/environments/{}", id(&world.at("production").stored().await));
    let said = json!({"test_codes": true});
    let made = json!({"name": "Second", "type": "production", "settings": said});
    let here = world.here();
    here.say(&said).await;
    let staging = format!("/environments/{}", id(&here.stored().await));
    let refused = [
        Call::patch(&production).json(&json!({"settings": said})),
        Call::post("/environments").json(&made),
        Call::patch(&staging).json(&json!({"type": "production"})),
        Call::post(&format!("{staging}/clone")).json(&made),
    ];
    for call in refused {
        let answer = here.send(call.admin()).await;
        assert_eq!(answer.problem("invalid_request")["errors"][0]["field"], "settings.test_codes");
    }
    let live = json!({"name": "Live", "type": "production"});
    let live = here.send(Call::post(&format!("{staging}/clone")).admin().json(&live)).await;
    assert_eq!(live.ok(201)["environment"]["settings"]["test_codes"], Value::Null);
    let both = json!({"type": "production", "settings": {"test_codes": null}});
    here.send(Call::patch(&staging).admin().json(&both)).await.ok(200);
}
