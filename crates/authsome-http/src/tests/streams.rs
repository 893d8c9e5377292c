//! Bodies that are streamed, and limits on bodies of a route's own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::{BASE, Call, Fixture};
use super::probe::{LARGE, SMALL};

/// Status and body of the answer to an upload of these parts.
async fn upload<E>(fixture: &Fixture, parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> (u16, Value)
where
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    let request = Request::builder().method(Method::POST).uri(format!("{BASE}/probe/upload"));
    let response = fixture.router.clone().oneshot(request.body(Body::from_stream(parts)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

fn part(size: usize) -> Result<Bytes, Infallible> {
    Ok(Bytes::from(vec![b'x'; size]))
}

#[tokio::test]
async fn a_route_has_a_limit_of_its_own_below_or_above_the_servers() {
    let fixture = Fixture::new().await;
    let send = |path: &str, size: usize| {
        let text = json!({"name": ""}).to_string();
        let body = format!("{text}{}", " ".repeat(size - text.len()));
        Call::post(path).raw("application/json", body)
    };
    send("/probe/small", SMALL).send(&fixture).await.ok(204);
    send("/probe/small", SMALL + 1).send(&fixture).await.problem("payload_too_large");
    send("/probe/large", LARGE).send(&fixture).await.ok(204);
    send("/probe/large", LARGE + 1).send(&fixture).await.problem("payload_too_large");
    send("/probe/counted", LARGE).send(&fixture).await.problem("payload_too_large");
}

#[tokio::test]
async fn the_parts_of_a_streamed_body_reach_the_handler_before_the_next_ones_are_sent() {
    let fixture = Fixture::new().await;
    let arrived = Arc::clone(&fixture.probe.arrived);
    let parts = futures::stream::unfold((0, arrived), |(sent, arrived)| async move {
        if sent > 0 {
            arrived.notified().await;
        }
        (sent < 3).then(|| (part(10), (sent + 1, arrived)))
    });
    assert_eq!(upload(&fixture, parts).await, (200, json!({"bytes": 30, "parts": 3})));
}

#[tokio::test]
async fn a_streamed_body_ends_at_its_limit() {
    let fixture = Fixture::new().await;
    let half = || part(LARGE / 2);
    assert_eq!(upload(&fixture, futures::stream::iter([half(), half()])).await.0, 200);
    let (status, problem) = upload(&fixture, futures::stream::iter([half(), half(), part(1)])).await;
    assert_eq!((status, &problem["code"]), (413, &json!("payload_too_large")));
    let (status, _) = upload(&fixture, futures::stream::repeat_with(move || part(1_000))).await;
    assert_eq!(status, 413, "it has no end");
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_may_take_its_time_as_long_as_parts_come_in() {
    let fixture = Fixture::new().await;
    let pause = |seconds: u64| tokio::time::sleep(Duration::from_secs(seconds));
    let slow = futures::stream::iter(0..3).then(move |_| async move {
        pause(20).await;
        part(1)
    });
    assert_eq!(upload(&fixture, slow).await, (200, json!({"bytes": 3, "parts": 3})));
    let start = tokio::time::Instant::now();
    let stalled = futures::stream::iter([part(1)]).chain(futures::stream::pending());
    let (status, problem) = upload(&fixture, stalled).await;
    assert_eq!((status, &problem["code"]), (408, &json!("request_timeout")));
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_that_goes_on_for_ever_in_small_parts_is_ended() {
    let fixture = Fixture::new().await;
    let start = tokio::time::Instant::now();
    let dripping = futures::stream::repeat_with(|| part(1)).then(|part| async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        part
    });
    let (status, problem) = upload(&fixture, dripping).await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")));
    assert_eq!(start.elapsed().as_secs(), 15 * 60);
}

#[tokio::test]
async fn a_streamed_body_that_is_cut_off_is_refused() {
    let fixture = Fixture::new().await;
    let cut: [Result<Bytes, std::io::Error>; 2] =
        [Ok(Bytes::from_static(b"x")), Err(std::io::ErrorKind::ConnectionReset.into())];
    let (status, problem) = upload(&fixture, futures::stream::iter(cut)).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn a_streamed_answer_is_sent_in_its_parts_and_breaks_off_where_it_fails() {
    let fixture = Fixture::new().await;
    let answer = Call::get("/probe/download?fails=false").send(&fixture).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "{\"n\":1}\n{\"n\":2}\n"));
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(!answer.headers.contains_key("content-length"));

    let request = Request::builder().uri(format!("{BASE}/probe/download?fails=true")).body(Body::empty()).unwrap();
    let response = fixture.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "the head is sent before the failure");
    let mut parts = response.into_body().into_data_stream();
    assert_eq!(parts.next().await.unwrap().unwrap(), "{\"n\":1}\n");
    assert!(parts.next().await.unwrap().is_err());
}
