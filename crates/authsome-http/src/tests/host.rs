//! An application's own routes.

use axum::Router;
use axum::routing::{get, post};
use serde_json::json;

use crate::{CurrentEnvironment, CurrentUser, RequireSession, not_found};
use authsome_core::error::Code;
use authsome_core::permission::{Permission, Resource};

use super::fixture::{Call, Fixture};

fn application(fixture: &Fixture) -> Router {
    let own = Router::new()
        .route("/hello", get(|CurrentUser(user): CurrentUser| async move { user.email }))
        .route("/session", post(|RequireSession(session): RequireSession| async move { session.id.to_string() }))
        .route(
            "/where",
            get(|CurrentEnvironment(here): CurrentEnvironment| async move { here.environment.slug.clone() }),
        )
        .route(
            "/greeting",
            get(|user: Option<CurrentUser>| async move { user.map_or("nobody".to_owned(), |user| user.0.email) }),
        )
        .layer(fixture.http.layer());
    let programs = Router::new()
        .route(
            "/report",
            get(|CurrentEnvironment(here): CurrentEnvironment| async move { here.environment.slug.clone() }),
        )
        .layer(fixture.http.require(Permission::read(Resource::Users)));
    own.merge(programs).merge(fixture.http.router().unwrap()).fallback(not_found)
}

fn at(path: &str) -> Call {
    Call::root(http::Method::GET, path)
}

#[tokio::test]
async fn a_route_of_the_application_is_reached_by_who_is_signed_in_in_the_right_environment() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", "alice@example.com").await;
    let router = application(&fixture);
    let answer = at("/hello").bearer(&person.token).send_to(router.clone()).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "alice@example.com"));
    assert!(answer.headers.contains_key("x-request-id"));
    let answer = at("/where").bearer(&person.token).send_to(router.clone()).await;
    assert_eq!(answer.text, "staging");
    at("/hello").send_to(router.clone()).await.problem("unauthenticated");
    at("/hello").bearer("garbage").send_to(router.clone()).await.problem("session_not_found");
    let answer = at("/hello").bearer(&person.token).environment("production").send_to(router.clone()).await;
    answer.problem("session_not_found");
    let answer = at("/where").environment("production").send_to(router.clone()).await;
    assert_eq!(answer.text, "production");
    at("/where").environment("nowhere").send_to(router.clone()).await.problem("invalid_request");
    at("/elsewhere").send_to(router).await.assert_not_found();
}

#[tokio::test]
async fn the_cookie_counts_from_the_applications_own_site_alone() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    let router = application(&fixture);
    let call = || Call::root(http::Method::POST, "/session").cookie(&person.token);
    let answer = call().header("origin", "http://localhost:8080").send_to(router.clone()).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, person.session.as_str()));
    call().header("origin", "https://evil.example").send_to(router).await.problem("forbidden");
}

#[tokio::test]
async fn a_user_may_be_nobody_and_a_bad_credential_is_refused_all_the_same() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    let router = application(&fixture);
    assert_eq!(at("/greeting").send_to(router.clone()).await.text, "nobody");
    assert_eq!(at("/greeting").bearer(&person.token).send_to(router.clone()).await.text, "alice@example.com");
    at("/greeting").bearer("garbage").send_to(router.clone()).await.problem("session_not_found");
    at("/greeting").admin().send_to(router.clone()).await.problem("forbidden");
    Call::post("/signout").bearer(&person.token).send(&fixture).await.ok(204);
    at("/greeting").bearer(&person.token).send_to(router).await.problem("session_not_found");
}

#[tokio::test]
async fn a_route_that_requires_a_permission_is_for_the_administrator_and_for_keys_that_have_it() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    let router = application(&fixture);
    let mut keys = Vec::new();
    for permissions in [["users:read"], ["users:*"], ["users:write"], ["audit:read"]] {
        let body = json!({"name": "Key", "permissions": permissions});
        let made = Call::post("/api-keys").admin().environment("staging").json(&body).send(&fixture).await;
        keys.push(made.ok(201)["api_key"]["token"].as_str().unwrap().to_owned());
    }
    for key in &keys[..2] {
        let answer = at("/report").bearer(key).send_to(router.clone()).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "staging"));
        at("/report").bearer(key).environment("production").send_to(router.clone()).await.problem("session_not_found");
    }
    assert_eq!(at("/report").admin().send_to(router.clone()).await.text, "development");
    for other in [&keys[2], &keys[3], &person.token] {
        at("/report").bearer(other).send_to(router.clone()).await.problem("forbidden");
    }
    at("/report").send_to(router).await.problem("unauthenticated");
}

#[tokio::test]
async fn an_extractor_without_the_layer_fails_closed() {
    let router = Router::new().route("/hello", get(|CurrentUser(user): CurrentUser| async move { user.email }));
    let answer = at("/hello").send_to(router).await;
    assert_eq!(answer.body["code"], Code::Internal.as_str());
    assert_eq!(answer.status, 500);
}

impl super::fixture::Answer {
    /// The application's fallback is outside of the layers, so its answer has no id.
    fn assert_not_found(&self) {
        assert_eq!((self.status, &self.body["code"]), (404, &serde_json::json!("not_found")));
    }
}
