//! `mfa_required`.

use serde_json::{Value, json};

use super::world::{Place, World, outcome, text};
use crate::tests::fixture::{Call, PASSWORD};

/// What becomes of a sign-up, and of a sign-in after it.
pub(super) async fn where_signing_up_and_signing_in_end(at: Place<'_>) -> Value {
    let signed_up = at.sign_up().await;
    let signed_in = at.sign_in(&signed_up.email, PASSWORD).await;
    json!([outcome(&signed_up.answer), outcome(&signed_in)])
}

#[tokio::test]
async fn where_a_second_factor_is_required_a_right_password_leads_to_a_ticket_and_to_no_session() {
    let world = World::new().await;
    let here = world.here();
    let (email, person) = here.person().await;
    here.say(&json!({"mfa_required": true})).await;

    let body = json!({"email": email, "password": PASSWORD, "cookie": true});
    let answer = here.send(Call::post("/signin").json(&body)).await;
    assert_eq!(answer.status, 403);
    let problem = answer.problem("mfa_required");
    assert_eq!(problem["methods"], json!(["enroll"]));
    let expires = world.fixture.engine.clock().now().plus(std::time::Duration::from_secs(600));
    assert_eq!(problem["expires_at"], json!(expires));
    assert!(problem.get("session").is_none() && problem.get("user").is_none());
    assert!(!answer.headers.contains_key("set-cookie"));
    let ticket = text(problem, "/mfa_ticket");

    let sessions = here.send(Call::get(&format!("/users/{}/sessions", person.id)).admin()).await;
    let data = sessions.ok(200)["data"].as_array().unwrap();
    assert_eq!((data.len(), &data[0]["id"]), (1, &json!(person.session)));

    for path in ["/me", "/sessions", "/devices", "/users", "/config", "/environments"] {
        here.send(Call::get(path).bearer(&ticket)).await.problem("session_not_found");
    }
    here.send(Call::get("/me").cookie(&ticket)).await.problem("session_not_found");
    here.refresh(&ticket).await.problem("session_not_found");
    for path in ["/password/reset", "/email/verify"] {
        let mut body = json!({"token": ticket});
        if path == "/password/reset" {
            body["password"] = json!("another long password");
        }
        here.send(Call::post(path).json(&body)).await.problem("invalid_token");
    }
    let wrong = here.sign_in(&email, "wrong password").await;
    assert!(wrong.problem("invalid_credentials").get("mfa_ticket").is_none());
}

#[tokio::test]
async fn a_second_factor_that_is_required_is_asked_for_at_the_next_sign_in() {
    let world = World::new().await;
    let here = world.here();
    let (email, person) = here.person().await;
    here.say(&json!({"mfa_required": true})).await;
    here.me(&person.token).await.ok(200);
    here.refresh(&person.refresh_token).await.ok(200);
    here.sign_in(&email, PASSWORD).await.problem("mfa_required");
    here.say(&json!({"mfa_required": false})).await;
    here.sign_in(&email, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn who_registers_where_a_second_factor_is_required_has_an_account_and_no_session() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"mfa_required": true})).await;
    let signed_up = here.sign_up().await;
    let problem = signed_up.answer.problem("mfa_required");
    assert!(problem["mfa_ticket"].is_string() && problem.get("session").is_none());
    let body = json!({"email": signed_up.email, "password": PASSWORD});
    here.send(Call::post("/signup").json(&body)).await.problem("conflict");
    let found = here.send(Call::get(&format!("/users?email={}", signed_up.email)).admin()).await;
    let id = text(found.ok(200), "/data/0/id");
    let sessions = here.send(Call::get(&format!("/users/{id}/sessions")).admin()).await;
    assert_eq!(sessions.ok(200)["data"], json!([]));
}
