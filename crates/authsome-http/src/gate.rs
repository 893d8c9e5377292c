//! [`Gate`]: who makes a request, where it acts, and where it comes from.

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};

use authsome_core::error::{Code, Error};
use authsome_core::route::{ActiveEnvironment, Client, Context, Principal};
use authsome_core::secret::{Token, TokenHash, constant_time_eq};
use authsome_engine::{Authenticated, Engine};

use crate::client_address;
use crate::cookie::SessionCookie;
use crate::naming::Naming;
use crate::options::HttpOptions;
use crate::origin::Origins;
use crate::request_id::RequestId;

/// What a request shows to say who makes it.
enum Credential {
    /// `Authorization: Bearer`.
    Bearer(String),
    /// The cookie, which browsers send by themselves.
    Cookie(String),
}

/// What is done about a cookie whose session is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StaleCookie {
    /// The request is refused.
    Refused,
    /// The request is nobody's. A browser sends the cookie by itself, and it must not keep a person from signing in.
    Ignored,
}

/// Makes a [`Context`] of a request, or refuses it.
pub(crate) struct Gate {
    engine: Engine,
    administrator: Option<TokenHash>,
    options: HttpOptions,
    cookie: SessionCookie,
    origins: Origins,
}

impl Gate {
    pub(crate) fn new(engine: &Engine, options: HttpOptions) -> Self {
        let public_url = &engine.config().public_url;
        Self {
            engine: engine.clone(),
            administrator: options.admin_token.as_ref().map(|token| Token::presented(token.expose()).hash()),
            cookie: SessionCookie::of(public_url),
            origins: Origins::new(public_url, &options.allowed_origins),
            options,
        }
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) const fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// The id of a request: the one that the answer's middleware gave it, else a new one.
    pub(crate) fn request_id(&self, parts: &Parts) -> RequestId {
        let given = parts.extensions.get::<RequestId>().cloned();
        given.unwrap_or_else(|| RequestId::of(&parts.headers, self.engine.entropy().as_ref()))
    }

    /// Where a request comes from.
    ///
    /// # Errors
    /// `invalid_request` where a trusted proxy's header cannot be read.
    pub(crate) fn client(&self, parts: &Parts) -> Result<Client, Error> {
        client_address::client(parts, &self.options.trusted_proxies)
    }

    /// Who makes a request, and where it acts: in its credential's environment, else in the one it names, else in the
    /// app's default environment.
    ///
    /// # Errors
    /// `session_not_found`, `token_expired`, `environment_inactive` for a credential that is not valid here; `forbidden`
    /// for the cookie from another site; `invalid_request` for an environment that there is not; `unavailable`.
    pub(crate) async fn context(&self, parts: &Parts, client: Client, stale: StaleCookie) -> Result<Context, Error> {
        let naming = Naming::of(parts)?;
        let authenticated = match self.credential(&parts.method, &parts.headers)? {
            None => self.anonymous(&naming).await?,
            Some(Credential::Bearer(token)) if self.is_administrator(&token) => {
                Authenticated { principal: Principal::Administrator, ..self.anonymous(&naming).await? }
            }
            Some(Credential::Bearer(token)) => self.authenticate(&token, &naming, &client).await?,
            Some(Credential::Cookie(token)) => match self.authenticate(&token, &naming, &client).await {
                Err(error) if stale == StaleCookie::Ignored && is_gone(&error) => self.anonymous(&naming).await?,
                other => other?,
            },
        };
        Ok(Context {
            environment: authenticated.environment,
            named: naming.environment().map(str::to_owned),
            principal: authenticated.principal,
            client,
            now: self.engine.clock().now(),
            request_id: self.request_id(parts).as_str().to_owned(),
        })
    }

    async fn anonymous(&self, naming: &Naming) -> Result<Authenticated, Error> {
        let environment = self.engine.select(naming.publishable_key.as_deref(), naming.environment()).await?;
        Ok(Authenticated { environment, principal: Principal::Anonymous })
    }

    async fn authenticate(&self, token: &str, naming: &Naming, client: &Client) -> Result<Authenticated, Error> {
        // Before the credential is looked at: an app that there is not is refused whether or not the credential is good.
        let app = match naming.publishable_key.as_deref() {
            Some(key) => Some(self.engine.select(Some(key), None).await?.environment.app_id),
            None => None,
        };
        let is_meant = |active: &ActiveEnvironment| {
            let environment = &active.environment;
            naming.agrees_with(environment) && app.is_none_or(|app| app == environment.app_id)
        };
        self.engine.authenticate_where(token, is_meant, client).await
    }

    /// The header counts before the cookie. A request that only carries the cookie must come from its own site.
    fn credential(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Credential>, Error> {
        let mut values = headers.get_all(AUTHORIZATION).into_iter();
        match (values.next(), values.next()) {
            (None, _) => {}
            (Some(value), None) => return bearer(value).map(Some),
            (Some(_), Some(_)) => return Err(Error::invalid("authorization", "it is given more than once")),
        }
        let Some(token) = self.cookie.read(headers) else {
            return Ok(None);
        };
        self.origins.check(method, headers)?;
        Ok(Some(Credential::Cookie(token.to_owned())))
    }

    fn is_administrator(&self, token: &str) -> bool {
        let presented = Token::presented(token).hash();
        self.administrator.is_some_and(|known| constant_time_eq(known.as_bytes(), presented.as_bytes()))
    }
}

fn bearer(value: &http::HeaderValue) -> Result<Credential, Error> {
    let text = value.to_str().map_err(|_| not_here())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Credential::Bearer(token.trim().to_owned()))
        }
        _ => Err(Error::new(Code::Unauthenticated, "send the credential as `Authorization: Bearer`")),
    }
}

fn is_gone(error: &Error) -> bool {
    matches!(error.code(), Code::SessionNotFound | Code::TokenExpired)
}

fn not_here() -> Error {
    Error::new(Code::SessionNotFound, "there is no such session here")
}
