//! What goes wrong outside of handlers is told as a problem too.

use std::time::Duration;

use axum::body::Body;
use http::Method;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::HttpOptions;

use super::fixture::{BASE, Call, Fixture};

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let fixture = Fixture::new().await;
    for path in ["", "/", "/nothing", "/me/", "/sessions/a/b", "/%ff", "/..%2f"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            Call::new(method, path).send(&fixture).await.problem("not_found");
        }
    }
    for path in ["/", "/v1", "/v1/authx", "/nothing"] {
        Call::root(Method::GET, path).send(&fixture).await.problem("not_found");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_told_with_those_that_it_has() {
    let fixture = Fixture::new().await;
    let answer = Call::new(Method::PUT, "/me").send(&fixture).await;
    answer.problem("method_not_allowed");
    let allow = answer.headers["allow"].to_str().unwrap();
    for method in ["GET", "PATCH", "DELETE"] {
        assert!(allow.contains(method), "{allow}");
    }
    let answer = Call::get("/signup").send(&fixture).await;
    answer.problem("method_not_allowed");
    assert_eq!(answer.headers["allow"], "POST");
    Call::new(Method::OPTIONS, "/signin").send(&fixture).await.problem("method_not_allowed");
    Call::root(Method::POST, "/livez").send(&fixture).await.problem("method_not_allowed");
}

#[tokio::test]
async fn a_panic_is_told_without_its_text() {
    let fixture = Fixture::new().await;
    let answer = Call::get("/odd/panic").header("x-request-id", "abc").send(&fixture).await;
    answer.problem("internal");
    assert_eq!(answer.headers["x-request-id"], "abc");
    assert!(!answer.text.contains("s3cret"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_ended() {
    let options = HttpOptions { request_timeout: Duration::from_secs(5), ..HttpOptions::default() };
    let fixture = Fixture::with(Default::default(), options).await;
    let start = tokio::time::Instant::now();
    let answer = Call::get("/odd/hang").send(&fixture).await;
    assert_eq!(start.elapsed().as_secs(), 5);
    answer.problem("unavailable");
    assert!(answer.headers.contains_key("retry-after"));

    let endless = Body::from_stream(futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = http::Request::builder().method("POST").uri(format!("{BASE}/signin")).body(endless).unwrap();
    let response = fixture.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 408);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["code"], "request_timeout");
}

#[tokio::test]
async fn a_body_is_limited_by_what_arrives_not_by_what_is_said() {
    let options = HttpOptions { body_limit: 100, ..HttpOptions::default() };
    let fixture = Fixture::with(Default::default(), options).await;
    let send = |size: usize| Call::post("/signin").raw("application/json", vec![b' '; size]);
    send(100).send(&fixture).await.problem("invalid_request");
    send(101).send(&fixture).await.problem("payload_too_large");
    send(101).header("content-length", "5").send(&fixture).await.problem("payload_too_large");
}

#[tokio::test]
async fn a_store_that_is_down_is_unavailable_and_never_a_refusal() {
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    fixture.engine.store().close().await.unwrap();
    fixture.clock.advance(Duration::from_secs(2));
    let answers = [
        Call::get("/me").bearer(&person.token).send(&fixture).await,
        Call::get("/me").cookie(&person.token).send(&fixture).await,
        Call::get("/config").cookie(&person.token).send(&fixture).await,
        Call::post("/signin").json(&json!({"email": "alice@example.com", "password": "x"})).send(&fixture).await,
        Call::post("/refresh").json(&json!({"refresh_token": "x"})).send(&fixture).await,
        Call::root(Method::GET, "/readyz").send(&fixture).await,
    ];
    for answer in answers {
        answer.problem("unavailable");
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert_eq!(Call::root(Method::GET, "/livez").send(&fixture).await.status, 200);
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_headers_that_keep_browsers_from_misreading_it() {
    let fixture = Fixture::new().await;
    for call in [Call::get("/config"), Call::get("/me"), Call::get("/nothing"), Call::root(Method::GET, "/livez")] {
        let answer = call.header("x-request-id", "my-id_1").send(&fixture).await;
        assert_eq!(answer.headers["x-request-id"], "my-id_1");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let first = Call::get("/config").send(&fixture).await.headers["x-request-id"].clone();
    assert_ne!(first, Call::get("/config").send(&fixture).await.headers["x-request-id"]);
}
