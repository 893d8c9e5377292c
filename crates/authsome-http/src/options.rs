//! [`HttpOptions`].

use std::time::Duration;

use ipnet::IpNet;

use authsome_core::secret::SecretString;

/// How the routes are served. Options that the engine shares, such as the public URL and the base path, are in its
/// configuration.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The administrator's token, at least 32 characters. Without one, the administrator's routes are closed. Default:
    /// none.
    pub admin_token: Option<SecretString>,
    /// Networks of trusted proxies: `X-Forwarded-For` and `Forwarded` are read only from them. Default: none, so that
    /// both are ignored.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins such as `https://app.example.com`, beside the public URL's own, from which browsers may send
    /// state-changing requests with the cookie. Default: none.
    pub allowed_origins: Vec<String>,
    /// Most bytes of a request's body, where its route says nothing else. Default: 64 KiB.
    pub body_limit: usize,
    /// Longest time for a request, from its head to its answer's; where a route takes its body as a stream, between two
    /// parts of it. Default: 30 seconds.
    pub request_timeout: Duration,
    /// Longest time for a request whose route takes its body as a stream, from its head to its answer's. Default: 15
    /// minutes.
    pub streamed_request_timeout: Duration,
    /// Whether `/livez`, `/readyz`, `/openapi.json` and `/docs` are served at the root. Switch it off if the
    /// application has such routes of its own. Default: on.
    pub root_endpoints: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            admin_token: None,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            body_limit: 64 * 1_024,
            request_timeout: Duration::from_secs(30),
            streamed_request_timeout: Duration::from_secs(15 * 60),
            root_endpoints: true,
        }
    }
}
