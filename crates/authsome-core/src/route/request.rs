//! [`Request`]: what a handler is given.

use std::collections::BTreeMap;
use std::str::FromStr;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::Context;
use crate::error::{Code, Error};

/// What a handler is given.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is known of it.
    pub context: Context,
    /// The parameters of its path, by name.
    pub params: BTreeMap<String, String>,
    /// Its query, undecoded, without `env`, which selects the environment.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Request {
    /// The body as JSON.
    ///
    /// # Errors
    /// `unsupported_media_type` where it says that it is something else; `invalid_request`, with the field, where it
    /// is malformed, has a field that is not known or lacks one that is needed, or a value of another type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let content_type = self.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.map(|value| value.split(';').next().unwrap_or(value).trim());
        if !essence.is_some_and(|essence| {
            essence.eq_ignore_ascii_case("application/json")
                || essence.eq_ignore_ascii_case("application/merge-patch+json")
        }) {
            return Err(Error::new(Code::UnsupportedMediaType, "send the body as application/json"));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { String::new() } else { path };
            Error::invalid(field, describe(error.inner()))
        })?;
        deserializer.end().map_err(|_| Error::invalid("", "the body has something behind its JSON document"))?;
        Ok(value)
    }

    /// The query.
    ///
    /// # Errors
    /// `invalid_request` where it has a parameter that is not known, or a value of another type.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let deserializer = serde_html_form::Deserializer::from_bytes(self.query.as_bytes());
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { String::new() } else { path };
            Error::invalid(field, error.inner().to_string())
        })
    }

    /// A parameter of the path.
    ///
    /// # Errors
    /// `not_found` where it does not parse: nothing has such a name.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or_else(Error::not_found)
    }
}

/// What is wrong with a JSON document, without the values in it: one of them may be a password.
fn describe(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Io | Category::Syntax | Category::Eof => {
            format!("the body is not JSON (line {}, column {})", error.line(), error.column())
        }
        Category::Data => {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            match text.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
                Some((_, expected)) => format!("it has another type than expected: {expected}"),
                None => match text.strip_prefix("invalid value: ").and_then(|rest| rest.rsplit_once(", expected ")) {
                    Some((_, expected)) => format!("it is out of range; expected {expected}"),
                    None => text.to_owned(),
                },
            }
        }
    }
}
