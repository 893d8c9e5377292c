//! Answers of the router itself that are not problems.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

/// A JSON answer, forbidden to caches.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = answer(body.to_string().into(), "application/json");
    *response.status_mut() = status;
    response
}

/// An answer, forbidden to caches.
pub(crate) fn answer(body: Bytes, media_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
