//! What every answer has: the request's id, headers that keep browsers from misreading it, and a log line in the
//! request's span.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue};
use tracing::Instrument;

use authsome_core::error::{Code, Error};

use crate::gate::Gate;
use crate::problem;
use crate::request_id::{self, RequestId};

/// Gives the request its id and a span, and the answer the common headers.
///
/// The span holds method and matched path: never the query, a body or a header, where secrets are.
pub(crate) async fn observe(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers(), gate.engine().entropy().as_ref());
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let span = tracing::info_span!("request", id = id.as_str(), method = %request.method(), path);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.header());
    harden(headers);
    response
}

/// The headers of the OWASP REST Security Cheat Sheet, "Security Headers", that concern an API alone.
/// `Strict-Transport-Security` concerns a whole host; whatever ends TLS there sets it.
fn harden(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
}

/// The answer after a panic of a handler. The panic hook has printed the panic's text; it may hold anything, so it is
/// not logged again.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    problem::respond(&Error::new(Code::Internal, "the failure was logged"))
}
