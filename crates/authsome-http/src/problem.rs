//! Problem details (RFC 9457): the form of every error.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use authsome_core::error::{Code, Error};
use authsome_core::time::Seconds;

/// What a problem's `type` begins with; its code follows.
pub const TYPE_BASE: &str = "https://authsome.dev/problems/";

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The answer with an error; its cause goes to the log.
///
/// A 401 carries `WWW-Authenticate`, a 429 `RateLimit`, and an answer that says when to try again `Retry-After`, in
/// seconds. Caches must not store them.
#[must_use]
pub fn respond(error: &Error) -> Response {
    log(error);
    let code = error.code();
    let retry = retry(error);
    let mut response = Response::new(Body::from(document(error, retry).to_string()));
    *response.status_mut() = code.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if code.status() == http::StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(Seconds(seconds)) = retry {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        if code == Code::RateLimited
            && let Ok(value) = HeaderValue::try_from(format!("\"default\";r=0;t={seconds}"))
        {
            headers.insert(RATE_LIMIT, value);
        }
    }
    response
}

/// When to try again, for every condition that passes by itself.
fn retry(error: &Error) -> Option<Seconds> {
    let passes = matches!(error.code(), Code::RateLimited | Code::Unavailable | Code::AccountLocked);
    error.retry().or(passes.then_some(Seconds(1)))
}

fn document(error: &Error, retry: Option<Seconds>) -> Value {
    let code = error.code();
    // The members of the contract come last, so that no other member replaces them.
    let mut document: Map<String, Value> = error.extra().clone();
    if let Some(Seconds(seconds)) = retry {
        document.insert("retry_after".to_owned(), seconds.into());
    }
    if let (false, Ok(fields)) = (error.fields().is_empty(), serde_json::to_value(error.fields())) {
        document.insert("errors".to_owned(), fields);
    }
    document.insert("type".to_owned(), format!("{TYPE_BASE}{}", code.as_str()).into());
    document.insert("title".to_owned(), code.title().into());
    document.insert("status".to_owned(), code.status().as_u16().into());
    document.insert("detail".to_owned(), error.detail().into());
    document.insert("code".to_owned(), code.as_str().into());
    Value::Object(document)
}

/// Logs the whole chain of causes, once, in the span that carries the request's id.
pub(crate) fn log(error: &Error) {
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let (code, causes) = (error.code().as_str(), causes.join(": "));
    if error.code().status().is_server_error() {
        tracing::error!(code, causes, "request failed");
    } else if !causes.is_empty() {
        tracing::debug!(code, causes, "request refused");
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn body(response: Response) -> Value {
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn every_code_is_answered_as_a_problem_of_its_status() {
        for code in Code::ALL {
            let response = respond(&Error::new(*code, "what happened"));
            assert_eq!(response.status(), code.status());
            assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_TYPE);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), code.status() == 401);
            let waits = matches!(code, Code::RateLimited | Code::Unavailable | Code::AccountLocked);
            assert_eq!(response.headers().contains_key(RETRY_AFTER), waits, "{code:?}");
            assert_eq!(response.headers().contains_key(RATE_LIMIT), *code == Code::RateLimited);
            let body = body(response).await;
            assert_eq!(body["type"], format!("{TYPE_BASE}{}", code.as_str()));
            assert_eq!(body["title"], code.title());
            assert_eq!(body["status"], code.status().as_u16());
            assert_eq!(body["detail"], "what happened");
            assert_eq!(body["code"], code.as_str());
        }
    }

    #[tokio::test]
    async fn further_members_are_told_and_replace_none_of_the_standard_ones() {
        let error = Error::invalid("email", "it is not an address").with("code", "forged").with("action", "x");
        let body = body(respond(&error.retry_after(Seconds(7)))).await;
        assert_eq!(body["code"], "invalid_request");
        assert_eq!(body["action"], "x");
        assert_eq!(body["retry_after"], 7);
        assert_eq!(body["errors"], serde_json::json!([{"field": "email", "message": "it is not an address"}]));
    }

    #[tokio::test]
    async fn a_cause_is_never_told() {
        let error = Error::internal(std::io::Error::other("s3cret"));
        assert!(!body(respond(&error)).await.to_string().contains("s3cret"));
    }
}
