//! How a request becomes a handler's, and its reply an answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use authsome_core::error::{Code, Error};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::time::Seconds;

use crate::gate::{Gate, StaleCookie};
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
    let context = match gate.context(&parts, client, stale).await {
        // A store that is down cannot count either: the caller is told at once, not after waiting for it again.
        Err(error) if error.code() == Code::Unavailable => return Err(error),
        other => other,
    };
    rate::limit_address(gate.engine(), route.rate(), ip, context.as_ref().ok()).await?;
    let context = context?;
    guard::admit(route.guard(), &context)?;
    let params = params(&mut parts).await?;
    reading.store(true, Ordering::Relaxed);
    let body = read(body, gate.options().body_limit).await?;
    reading.store(false, Ordering::Relaxed);
    let query = naming::rest_of_query(parts.uri.query());
    route.handler().call(Request { context, params, query, headers: parts.headers, body }).await
}

/// The parameters of the path, decoded. What is no UTF-8 names nothing.
async fn params(parts: &mut Parts) -> Result<BTreeMap<String, String>, Error> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::not_found())?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Error> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Error::new(Code::PayloadTooLarge, format!("a body has at most {limit} bytes")))
        }
        Err(error) => Err(Error::invalid("", "the body could not be read").with_source(error)),
    }
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
