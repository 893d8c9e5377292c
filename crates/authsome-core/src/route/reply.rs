//! [`Reply`]: what a handler answers.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::Error;

/// What a handler answers: a status, headers, and a JSON body or none.
#[derive(Clone)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers beyond those that every answer has.
    pub headers: HeaderMap,
    /// Body.
    pub body: Option<serde_json::Value>,
}

impl fmt::Debug for Reply {
    /// Shows the status and no more: a body holds tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: None }
    }

    /// An answer with a JSON body.
    ///
    /// # Errors
    /// `internal` where the body does not serialize.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_value(body).map_err(Error::internal)?;
        Ok(Self { body: Some(body), ..Self::empty(status) })
    }

    /// The same answer with a further header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}
