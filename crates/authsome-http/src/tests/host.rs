//! An application's own routes.

use axum::Router;
use axum::routing::{get, post};

use crate::{CurrentEnvironment, CurrentUser, RequireSession, not_found};
use authsome_core::error::Code;

use super::fixture::{Call, Fixture};

fn application(fixture: &Fixture) -> Router {
    let own = Router::new()
        .route("/hello", get(|CurrentUser(user): CurrentUser| async move { user.email }))
        .route("/session", post(|RequireSession(session): RequireSession| async move { session.id.to_string() }))
        .route(
            "/where",
            get(|CurrentEnvironment(here): CurrentEnvironment| async move { here.environment.slug.clone() }),
        )
        .layer(fixture.http.layer());
    own.merge(fixture.http.router().unwrap()).fallback(not_found)
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
