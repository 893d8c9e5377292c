//! Tests as an application has them: `docs/testing.md` is quoted from here.

#![cfg(test)]

use std::time::Duration;

use authsome::prelude::*;
use authsome::testkit::{TestFactor, TestKit};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// What the application serves.
fn app(auth: &Engine) -> Router {
    let http = Http::new(auth, HttpOptions::default());
    let notes = |CurrentUser(user): CurrentUser| async move { format!("notes of {}", user.email) };
    Router::new().route("/notes", get(notes)).layer(http.layer()).merge(http.router().unwrap())
}

async fn kit() -> TestKit {
    TestKit::with(|auth| auth.plugin(PasswordPlugin::default()).plugin(TestFactor)).await
}

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, String) {
    let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn read_notes(app: &Router, token: &str) -> (StatusCode, String) {
    let request = Request::get("/notes").header("authorization", format!("Bearer {token}"));
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn post(app: &Router, path: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::post(format!("/v1/auth{path}")).header("content-type", "application/json");
    let (status, text) = send(app, request.body(Body::from(body.to_string())).unwrap()).await;
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn a_user_reads_their_notes_until_the_session_expires() {
    let kit = kit().await;
    let app = app(&kit.engine);
    let alice = kit.signed_in(&kit.here().await, "alice@example.com").await;
    let (status, notes) = read_notes(&app, alice.token.expose()).await;
    assert_eq!((status, notes.as_str()), (StatusCode::OK, "notes of alice@example.com"));

    kit.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(read_notes(&app, alice.token.expose()).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_registers_proves_their_address_by_mail() {
    let kit = kit().await;
    let app = app(&kit.engine);
    kit.configure("development", json!({"require_email_verification": true})).await;
    let bob = json!({"email": "bob@example.com", "password": "correct horse battery"});
    assert_eq!(post(&app, "/signup", bob).await.0, StatusCode::CREATED);

    kit.run_jobs().await;
    let mail = kit.mails.last_to("bob@example.com");
    assert!(mail.link().contains("/verify-email?token="));
    let verified = post(&app, "/email/verify", json!({"token": mail.token().expose()})).await;
    assert!(verified.0.is_success());
}

#[tokio::test]
async fn a_user_with_a_second_factor_is_asked_for_it() {
    let kit = kit().await;
    let (app, here) = (app(&kit.engine), kit.here().await);
    let (alice, secret) = (kit.user(&here, "alice@example.com").await, "correct horse battery");
    here.users().set_password(alice.id, &kit.password(secret)).await.unwrap();
    kit.enroll(&here, alice.id).await;

    let sign_in = json!({"email": "alice@example.com", "password": secret});
    let (status, refused) = post(&app, "/signin", sign_in).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("mfa_required")));

    let proof = json!({"mfa_ticket": refused["mfa_ticket"], "code": TestFactor::CODE});
    let (status, signed_in) = post(&app, "/test-factor/challenge", proof).await;
    assert_eq!(status, StatusCode::OK);
    let token = signed_in["session"]["token"].as_str().unwrap();
    assert_eq!(read_notes(&app, token).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_required_factor_is_enrolled_during_the_first_sign_in_and_wrong_codes_are_counted() {
    let kit = kit().await;
    let app = app(&kit.engine);
    kit.configure("development", json!({"mfa_required": true})).await;
    let bob = json!({"email": "bob@example.com", "password": "correct horse battery"});
    let (status, refused) = post(&app, "/signup", bob).await;
    assert_eq!((status, &refused["methods"]), (StatusCode::FORBIDDEN, &json!(["enroll"])));

    let code = |code: &str| json!({"mfa_ticket": refused["mfa_ticket"], "code": code});
    let (_, wrong) = post(&app, "/test-factor/enroll", code("000000")).await;
    assert_eq!(wrong["code"], "invalid_credentials");
    let (_, elsewhere) = post(&app, "/test-factor/challenge", code(TestFactor::CODE)).await;
    assert_eq!(elsewhere["code"], "invalid_token", "the ticket opens enrolment alone");
    for _ in 0..3 {
        post(&app, "/test-factor/enroll", code("000000")).await;
    }
    let (status, signed_in) = post(&app, "/test-factor/enroll", code(TestFactor::CODE)).await;
    assert_eq!(status, StatusCode::OK, "{signed_in}");
    assert_eq!(signed_in["user"]["email"], "bob@example.com");
}

#[tokio::test]
async fn a_key_reaches_its_environment_and_has_its_permissions() {
    let kit = kit().await;
    let staging = kit.environment("staging").await;
    let app = app(&kit.engine);
    let users = async |permissions: &[&str]| {
        let key = kit.api_key(&staging, permissions).await.token;
        let request = Request::get("/v1/auth/users").header("authorization", format!("Bearer {}", key.expose()));
        send(&app, request.body(Body::empty()).unwrap()).await
    };
    kit.user(&staging, "alice@example.com").await;
    kit.user(&kit.here().await, "bob@example.com").await;
    let (status, listed) = users(&["users:read"]).await;
    assert_eq!(status, StatusCode::OK, "{listed}");
    assert!(listed.contains("alice@example.com") && !listed.contains("bob@example.com"));
    assert_eq!(users(&[]).await.0, StatusCode::FORBIDDEN);
}
