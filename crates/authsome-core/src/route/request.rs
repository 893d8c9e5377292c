//! [`Request`]: the argument of a handler.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::Context;
use super::body::{BodyStream, Streamed};
use crate::error::{Code, Error};
use crate::json::Plain;

/// The argument of a handler.
pub struct Request {
    /// What is known of the request.
    pub context: Context,
    /// The parameters of its path, by name.
    pub params: BTreeMap<String, String>,
    /// Its query, undecoded, without `env`, which selects the environment.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: RequestBody,
}

/// The body of a request.
pub struct RequestBody(Body);

enum Body {
    Whole(Bytes),
    Stream(Streamed),
}

impl From<Bytes> for RequestBody {
    fn from(whole: Bytes) -> Self {
        Self(Body::Whole(whole))
    }
}

impl From<BodyStream> for RequestBody {
    fn from(stream: BodyStream) -> Self {
        Self(Body::Stream(Streamed::new(stream)))
    }
}

impl fmt::Debug for Request {
    /// Shows only who makes it: body, headers and query hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("request_id", &self.context.request_id).finish_non_exhaustive()
    }
}

impl Request {
    /// The body, a JSON object.
    ///
    /// # Errors
    /// `unsupported_media_type` for another media type; `invalid_request`, with the field, for a malformed body, an
    /// unknown or missing field, or a value of another type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match &self.body.0 {
            Body::Whole(body) => json(&self.headers, body),
            Body::Stream(_) => Err(Error::internal("the route takes its body as a stream")),
        }
    }

    /// The parts of the body as they come in, for a route that [`streams`](super::RouteDraft::streams).
    #[must_use]
    pub fn into_stream(self) -> BodyStream {
        match self.body.0 {
            Body::Whole(body) => Box::pin(futures::stream::iter([Ok(body)])),
            Body::Stream(stream) => stream.take().unwrap_or_else(|| Box::pin(futures::stream::empty())),
        }
    }

    /// The query.
    ///
    /// # Errors
    /// `invalid_request` for an unknown parameter, or a value of another type.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let deserializer = serde_html_form::Deserializer::from_bytes(self.query.as_bytes());
        serde_path_to_error::deserialize(deserializer)
            .map_err(|error| Error::invalid(field_at(error.path()), error.inner().to_string()))
    }

    /// A parameter of the path.
    ///
    /// # Errors
    /// `not_found` if it does not parse: nothing has such a name.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or_else(Error::not_found)
    }
}

/// A body that is a JSON object.
pub(super) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.map(|value| value.split(';').next().unwrap_or(value).trim());
    if !essence.is_some_and(|essence| {
        essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("application/merge-patch+json")
    }) {
        return Err(Error::new(Code::UnsupportedMediaType, "send the body as application/json"));
    }
    // Derived types would take an array for their fields in order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Error::invalid("", "the body is not a JSON object"));
    }
    let Plain = parsed(body)?;
    parsed(body)
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let is_json = error.inner().classify() == serde_json::error::Category::Data;
        let field = if is_json { field_at(error.path()) } else { String::new() };
        Error::invalid(field, describe(error.inner()))
    })?;
    deserializer.end().map_err(|_| Error::invalid("", "the body has more than one JSON document"))?;
    Ok(value)
}

/// The field at a path; empty for the whole.
fn field_at(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    if path == "." { String::new() } else { path }
}

/// What is wrong with a JSON document, without the values in it: one of them may be a password.
fn describe(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    if error.classify() != Category::Data {
        return format!("the body is not JSON (line {}, column {})", error.line(), error.column());
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    match (text.split_once(": ").map_or(text, |(kind, _)| kind), expected) {
        ("invalid type", Some(expected)) => format!("it has another type than expected: {expected}"),
        ("invalid value" | "invalid length", Some(expected)) => format!("it is out of range; expected {expected}"),
        _ if text.starts_with("unknown variant") => {
            format!("it is unknown; expected {}", expected.unwrap_or_default())
        }
        _ if text.starts_with("unknown field") => "it has an unknown field".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Body {
        password: crate::secret::Password,
        purpose: Option<Purpose>,
        count: Option<u8>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Purpose {
        Confirm,
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said_without_its_values() {
        for body in [
            r#"{"password": ["hunter2"]}"#,
            r#"{"password": {"hunter2": null}}"#,
            r#"{"password": "x", "purpose": "hunter2"}"#,
            r#"{"password": "x", "count": "hunter2"}"#,
            r#"{"password": "x", "hunter2": 1}"#,
            r#"{"password": "x", "hunter2"#,
        ] {
            let error = serde_json::from_str::<Body>(body).unwrap_err();
            let text = describe(&error);
            assert!(!text.contains("hunter2") && !text.is_empty(), "{text}");
        }
    }
}
