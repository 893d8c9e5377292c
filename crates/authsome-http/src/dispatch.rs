//! How a request becomes a handler's, and its reply an answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;

use authsome_core::error::{Code, Error};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::time::Seconds;

use crate::gate::{Gate, StaleCookie};
use crate::incoming::Incoming;
use crate::{guard, naming, problem, rate};

/// Answers a request to a route: who and where, how often, whether at all, and only then its body and its handler.
pub(crate) async fn dispatch(gate: Arc<Gate>, route: Arc<Route>, request: axum::extract::Request) -> Response {
    let reading = AtomicBool::new(false);
    let answer = Box::pin(answer(&gate, &route, request, &reading));
    let answered = match tokio::time::timeout(gate.options().request_timeout, answer).await {
        Ok(answered) => answered,
        Err(_) if reading.load(Ordering::Relaxed) => {
            Err(Error::new(Code::RequestTimeout, "the body did not arrive in time"))
        }
        Err(_) => Err(Error::new(Code::Unavailable, "the request took too long").retry_after(Seconds(1))),
    };
    match answered {
        Ok(reply) => respond(reply),
        Err(error) => problem::respond(&error),
    }
}

async fn answer(
    gate: &Gate,
    route: &Route,
    request: axum::extract::Request,
    reading: &AtomicBool,
) -> Result<Reply, Error> {
    let (mut parts, body) = request.into_parts();
    let client = gate.client(&parts)?;
    let ip = client.ip;
    let stale = if route.guard() == Guard::Public { StaleCookie::Ignored } else { StaleCookie::Refused };
    let mut body = Incoming::new(body, gate.options().body_limit, reading);
    if let Some(credential) = route.credential() {
        body = body.bearing(credential, &parts.headers).await;
    }
    let arrival = gate.arrive(&parts, client, stale, body.credential()).await?;
    rate::limit_address(gate.engine(), route.rate(), ip, &arrival.counted).await?;
    let context = arrival.context?;
    guard::admit(route.guard(), &context)?;
    let params = params(&mut parts).await?;
    let body = body.bytes().await?;
    let query = naming::rest_of_query(parts.uri.query());
    route.handler().call(Request { context, params, query, headers: parts.headers, body }).await
}

/// The parameters of the path, decoded. What is no UTF-8 names nothing.
async fn params(parts: &mut Parts) -> Result<BTreeMap<String, String>, Error> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::not_found())?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn respond(reply: Reply) -> Response {
    let body = reply.body.map(|body| body.to_string());
    let mut response = Response::new(Body::empty());
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(text) = body {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(text);
    }
    response
}
