//! [`Call`]: a request to the router, and [`Answer`]: what came back, comparable.

use std::collections::BTreeMap;
use std::fmt::Write;

use authsome_core::error::Cause;
use axum::Router;
use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use tower::ServiceExt;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// With the base path, where it is below that.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Map<String, Value>>,
}

/// Status, headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Call {
    /// A request without anything but its path.
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self { method, path, query: Vec::new(), headers: Vec::new(), body: None }
    }

    pub(crate) fn header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.push((name, value.into()));
    }

    pub(crate) async fn send(&self, router: &Router) -> Result<Answer, Cause> {
        let mut uri = self.path.clone();
        for (position, (name, value)) in self.query.iter().enumerate() {
            let separator = if position == 0 { '?' } else { '&' };
            write!(uri, "{separator}{name}={}", encoded(value))?;
        }
        let mut request = Request::builder().method(&self.method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = match &self.body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(Value::Object(body.clone()).to_string()))?,
            None => request.body(Body::empty())?,
        };
        let (parts, body) = router.clone().oneshot(request).await?.into_parts();
        let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "x-request-id") {
            let line = headers.entry(name.to_string()).or_default();
            line.push_str(if line.is_empty() { "" } else { ", " });
            line.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
        Ok(Answer { status: parts.status.as_u16(), headers, text })
    }
}

impl Answer {
    /// The same without what differs from request to request: what was sent, ids, tokens, and names made up for one
    /// request.
    pub(crate) fn masked(&self, sent: &str) -> Self {
        let mask = |text: &String| masked(&if sent.is_empty() { text.clone() } else { text.replace(sent, "<sent>") });
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), mask(value)));
        Self { status: self.status, headers: headers.collect(), text: mask(&self.text) }
    }
}

/// The text with a star for each long word, and for each beginning of a key.
fn masked(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_masked = |word: &str| {
        let is_number = word.len() >= 11 && word.bytes().all(|byte| byte.is_ascii_digit());
        word.len() >= 26 || word.starts_with("ask_") || is_number
    };
    let (mut masked, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c: char| !is_part(c)).unwrap_or(rest.len()));
        masked.push_str(if is_masked(word) { "*" } else { word });
        let (between, next) = after.split_at(after.find(is_part).unwrap_or(after.len()));
        masked.push_str(between);
        rest = next;
    }
    masked
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
