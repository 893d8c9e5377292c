//! [`Gate`]: who makes a request, where it acts, and where it comes from.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};

use authsome_core::error::{Code, Error};
use authsome_core::route::{ActiveEnvironment, Client, Context, CredentialKind, Principal, ResolvedCredential};
use authsome_core::scope::Scope;
use authsome_core::secret::{Token, TokenHash, constant_time_eq};
use authsome_engine::{Accepted, Authenticated, Engine, Refused};

use crate::client_address;
use crate::cookie::SessionCookie;
use crate::naming::{Meant, Naming};
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

/// How a cookie with an unknown session is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StaleCookie {
    /// The request is refused.
    Refused,
    /// The request is anonymous. A browser sends the cookie by itself, and it must not keep a person from signing in.
    Ignored,
}

/// A request whose environment is known, so that it can be counted.
pub(crate) struct Arrival {
    /// Where it acts. A request with an unknown credential is counted in the environment that it names, a request with
    /// a refused credential in the credential's environment.
    pub(crate) counted: Scope,
    /// The context for its handler, or the refusal.
    pub(crate) context: Result<Context, Error>,
}

/// Who makes a request and where, with the credential in its body.
type Known = (Authenticated, Option<ResolvedCredential>);

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

    pub(crate) const fn cookie(&self) -> SessionCookie {
        self.cookie
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

    /// Who makes a request, and where it acts: in the environment of its credential, which may be the one in its body,
    /// else in the one it names, else in the app's default environment. A refused request is counted too.
    ///
    /// The context may be refused with `session_not_found`, `token_expired`, `environment_inactive` for a credential
    /// that is not valid here, `invalid_token` for one in the body; `forbidden` for the cookie from another site;
    /// `invalid_request` for an unknown environment.
    ///
    /// # Errors
    /// `unavailable`: a store that is down cannot count either.
    pub(crate) async fn arrive(
        &self,
        parts: &Parts,
        client: Client,
        stale: StaleCookie,
        body: Option<(CredentialKind, &Token)>,
    ) -> Result<Arrival, Error> {
        let naming = match Naming::of(parts) {
            Ok(naming) => naming,
            Err(error) => {
                let counted = self.engine.select(None, None).await?.scope();
                return Ok(Arrival { counted, context: Err(error) });
            }
        };
        let meant = naming.meant(&self.engine).await?;
        match self.authenticate(parts, &meant, &client, stale, body).await {
            Ok((Authenticated { environment, principal }, credential)) => {
                let counted = environment.scope();
                let now = self.engine.clock().now();
                let request_id = self.request_id(parts).as_str().to_owned();
                let here = self.engine.handle(Arc::clone(&environment)).acting(&principal, &client);
                let (sign_ins, notices) = here.ports(&principal);
                let context =
                    Context { environment, principal, client, now, request_id, credential, sign_ins, notices };
                Ok(Arrival { counted, context: Ok(context) })
            }
            Err(Refused { error, .. }) if error.code() == Code::Unavailable => Err(error),
            Err(Refused { error, at: Some(counted) }) => Ok(Arrival { counted, context: Err(error) }),
            Err(Refused { error, at: None }) => {
                Ok(Arrival { counted: meant.pointed_at(&self.engine).await?, context: Err(error) })
            }
        }
    }

    async fn authenticate(
        &self,
        parts: &Parts,
        meant: &Meant<'_>,
        client: &Client,
        stale: StaleCookie,
        body: Option<(CredentialKind, &Token)>,
    ) -> Result<Known, Refused> {
        let credential = self.credential(&parts.method, &parts.headers)?;
        let is_cookie = matches!(credential, Some(Credential::Cookie(_)));
        let mut principal = Principal::Anonymous;
        let shown = match credential {
            None => None,
            Some(Credential::Bearer(token)) if self.is_administrator(&token) => {
                principal = Principal::Administrator;
                None
            }
            Some(Credential::Bearer(token)) => {
                Some(self.admit(&token, meant, client, Accepted::SessionsAndKeys).await?)
            }
            Some(Credential::Cookie(token)) => {
                match self.admit(&token, meant, client, Accepted::Sessions).await {
                    Err(refused) if stale == StaleCookie::Ignored && is_gone(&refused.error) => None,
                    // The environment of the body's credential, and its suspension, are checked below.
                    Err(refused) if body.is_some() && refused.error.code() == Code::EnvironmentInactive => None,
                    other => Some(other?),
                }
            }
        };
        let Some((kind, token)) = body else {
            let authenticated = match shown {
                Some(shown) => shown,
                None => Authenticated { environment: meant.select(&self.engine).await?, principal },
            };
            return Ok((authenticated, None));
        };
        // A browser sends the cookie by itself, so a cookie of another environment does not say where the request acts.
        let shown_at = shown.as_ref().filter(|_| !is_cookie).map(|shown| shown.environment.scope());
        let is_meant = |active: &ActiveEnvironment| {
            meant.agrees_with(active) && shown_at.is_none_or(|scope| scope == active.scope())
        };
        let (credential, environment) = self.engine.authenticator().resolve_body(kind, token, is_meant).await?;
        let shown = shown.filter(|shown| shown.environment.scope() == environment.scope());
        Ok((shown.unwrap_or(Authenticated { environment, principal }), Some(credential)))
    }

    /// The principal of a session's token or a key. A credential of another environment than the request means is
    /// unknown.
    async fn admit(
        &self,
        token: &str,
        meant: &Meant<'_>,
        client: &Client,
        accepted: Accepted,
    ) -> Result<Authenticated, Refused> {
        let is_meant = |active: &ActiveEnvironment| meant.agrees_with(active);
        self.engine.authenticator().authenticate(token, accepted, is_meant, client).await
    }

    /// The header takes precedence over the cookie. A request with only the cookie must come from its own site.
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
    let text = value.to_str().map_err(|_| Error::session_not_found())?;
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
