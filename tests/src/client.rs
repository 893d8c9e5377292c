//! A client of the program, as an application would have one.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// A client of one server, in one environment.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    environment: Option<String>,
    headers: Vec<(String, String)>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; null where there is none.
    pub body: Value,
}

/// A password that every policy takes.
pub const PASSWORD: &str = "correct horse battery staple";

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.new_agent(), base: base.to_owned(), environment: None, headers: Vec::new() }
    }

    /// The same client in another environment.
    #[must_use]
    pub fn environment(&self, slug: &str) -> Self {
        Self { environment: Some(slug.to_owned()), ..self.clone() }
    }

    /// The same client with a further header on every request.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.push((name.to_owned(), value.to_owned()));
        Self { headers, ..self.clone() }
    }

    /// The same client with a token.
    #[must_use]
    pub fn token(&self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Sends a request below the base path.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bytes = body.map(|body| body.to_string().into_bytes());
        self.try_raw(method, &format!("/v1/auth{path}"), Some("application/json"), bytes.as_deref())
            .expect("the server answers")
    }

    /// Sends a request to a path from the root, with whatever body; an error where the server does not answer.
    ///
    /// # Errors
    /// What became of the connection.
    pub fn try_raw(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: Option<&[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(environment) = &self.environment {
            request = request.header("X-Authsome-Environment", environment);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(content_type) = content_type.filter(|_| body.is_some()) {
            request = request.header("Content-Type", content_type);
        }
        let mut response = match body {
            Some(body) => self.agent.run(request.body(body)?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = response.body_mut().read_to_string()?;
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// Sends a body with POST.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    /// Asks with GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// Signs a new person up with [`PASSWORD`].
    #[must_use]
    pub fn sign_up(&self, email: &str) -> Answer {
        self.post("/signup", &json!({"email": email, "password": PASSWORD}))
    }

    /// Signs a person in.
    #[must_use]
    pub fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/signin", &json!({"email": email, "password": password}))
    }
}

impl Answer {
    /// The answer, which must have this status.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The answer, which must be this error: its status, its code, and the form of a problem (RFC 9457).
    #[must_use]
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let told = self.text("/code");
        assert_eq!((self.status, told.as_str()), (status, code), "{}", self.body);
        let content_type = self.headers.get("content-type").and_then(|value| value.to_str().ok());
        assert_eq!(content_type, Some("application/problem+json"));
        assert_eq!(self.body.get("status"), Some(&json!(status)));
        self
    }

    /// The text at a JSON pointer.
    #[must_use]
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {} {}", self.status, self.body)).to_owned()
    }

    /// The session's token.
    #[must_use]
    #[track_caller]
    pub fn session_token(&self) -> String {
        self.text("/session/token")
    }

    /// The session's refresh token.
    #[must_use]
    #[track_caller]
    pub fn refresh_token(&self) -> String {
        self.text("/session/refresh_token")
    }
}
