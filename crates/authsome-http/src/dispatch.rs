//! How a request reaches its handler, and how the reply becomes an answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::Response;
use futures::TryStreamExt;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;

use authsome_core::error::{Code, Error};
use authsome_core::route::{CookieChange, Guard, Reply, ReplyBody, Request, RequestBody, Route};
use authsome_core::time::Seconds;

use crate::gate::{Gate, StaleCookie};
use crate::incoming::Incoming;
use crate::{guard, naming, problem, rate};

/// Answers a request to a route: credential and environment, rate limit, guard, and only then body and handler.
pub(crate) async fn dispatch(gate: Arc<Gate>, route: Arc<Route>, request: axum::extract::Request) -> Response {
    let reading = AtomicBool::new(false);
    let answer = Box::pin(answer(&gate, &route, request, &reading));
    let options = gate.options();
    let limit = if route.streams() { options.streamed_request_timeout } else { options.request_timeout };
    let answered = match tokio::time::timeout(limit, answer).await {
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
    let limit = route.body_limit().unwrap_or(gate.options().body_limit);
    let mut body = Incoming::new(body, limit, reading);
    if let Some(credential) = route.credential() {
        body = body.bearing(credential, &parts.headers).await;
    }
    let arrival = gate.arrive(&parts, client, stale, body.credential()).await?;
    rate::limit_address(gate.engine(), route.rate(), ip, &arrival.counted).await?;
    let context = arrival.context?;
    guard::admit(route.guard(), &context, &**gate.engine().store()).await?;
    let params = params(&mut parts).await?;
    let body = if route.streams() {
        RequestBody::from(body.stream(gate.options().request_timeout))
    } else {
        let body = body.bytes().await?;
        rate::limit_subject(gate.engine(), route, &context, &parts.headers, &body).await?;
        body.into()
    };
    let query = naming::rest_of_query(parts.uri.query());
    let sent_cookie = gate.cookie().read(&parts.headers).is_some();
    let now = context.now;
    let mut reply = route.handler().call(Request { context, params, query, headers: parts.headers, body }).await?;
    let cookie = match std::mem::replace(&mut reply.cookie, CookieChange::Keep) {
        CookieChange::Set(session, token) => Some(gate.cookie().set(&session, &token, now)?),
        CookieChange::Renew(session, token) if sent_cookie => Some(gate.cookie().set(&session, &token, now)?),
        CookieChange::Clear if sent_cookie => Some(gate.cookie().clear()?),
        CookieChange::Renew(..) | CookieChange::Clear | CookieChange::Keep => None,
    };
    Ok(match cookie {
        Some((name, value)) => reply.header(name, value),
        None => reply,
    })
}

/// The parameters of the path, decoded. A parameter that is not UTF-8 names nothing.
async fn params(parts: &mut Parts) -> Result<BTreeMap<String, String>, Error> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::not_found())?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn respond(reply: Reply) -> Response {
    let (media_type, body) = match reply.body {
        ReplyBody::Empty => (None, Body::empty()),
        ReplyBody::Json(body) => (Some(HeaderValue::from_static("application/json")), Body::from(body.to_string())),
        ReplyBody::Bytes(media_type, body) => (Some(media_type), Body::from(body)),
        ReplyBody::Stream(media_type, stream) => {
            // The head was sent, so a failure ends the answer early: the client sees that it is cut off.
            let parts = stream.into_stream().map(|parts| Body::from_stream(parts.inspect_err(problem::log)));
            (Some(media_type), parts.unwrap_or_default())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(media_type) = media_type {
        headers.entry(CONTENT_TYPE).or_insert(media_type);
    }
    response
}
