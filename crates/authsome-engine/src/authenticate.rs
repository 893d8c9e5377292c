//! From a presented token to an environment and a principal.

use std::sync::Arc;
use std::time::Duration;

use authsome_context::refusals::token_expired;
use authsome_context::rules::{network, tokens};
use authsome_context::{EnvironmentContext, Foundation, TOUCH_EVERY};
use authsome_core::apikey::ApiKey;
use authsome_core::authenticator;
use authsome_core::environment::EffectiveSettings;
use authsome_core::error::Error;
use authsome_core::records::Records;
use authsome_core::route::{ActiveEnvironment, Client, CredentialKind, Principal, ResolvedCredential};
use authsome_core::scope::Scope;
use authsome_core::secret::Token;
use authsome_core::session::{Session, SessionState};
use authsome_core::time::Timestamp;

use crate::api_keys::ApiKeys;

/// How long an answer waits for the write of its session's last use.
const TOUCH_PATIENCE: Duration = Duration::from_millis(500);

/// The principal of a request, with its environment.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The environment of the credential.
    pub environment: Arc<ActiveEnvironment>,
    /// The principal.
    pub principal: Principal,
}

/// Why a credential is refused.
#[derive(Debug)]
pub struct Refused {
    /// The error for the caller.
    pub error: Error,
    /// The credential's scope, if the request means it: the request is counted there.
    pub at: Option<Scope>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, at: None }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

/// The kinds of accepted credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// A session's token, or an API key.
    SessionsAndKeys,
    /// Only a session's token: browsers send cookies by themselves, and have sessions.
    Sessions,
}

enum Found {
    Session(Box<Session>),
    ApiKey(Box<ApiKey>),
}

/// From a presented token to an environment and a principal.
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub(crate) foundation: Arc<Foundation>,
}

impl Authenticator {
    /// Checks a session token or an API key: one query, beside the environment and its settings, which are cached, and
    /// the user of a user's key.
    ///
    /// `is_meant` says whether the request means the credential's environment: one of another environment is unknown. A
    /// session is noted as seen once a minute, more often where it would end after less than 10 minutes of idleness;
    /// that never lengthens its life, and never fails the request.
    ///
    /// # Errors
    /// `session_not_found` if the token is unknown, the request means another environment, or the session is bound to
    /// another address; `environment_inactive`; `token_expired` for a session that expired or was idle for too long;
    /// `unavailable`.
    pub async fn authenticate(
        &self,
        token: &str,
        accepted: Accepted,
        is_meant: impl Fn(&ActiveEnvironment) -> bool + Send,
        client: &Client,
    ) -> Result<Authenticated, Refused> {
        let found = self.find(token, accepted).await?.filter(|(environment, _)| is_meant(environment));
        let (environment, found) = found.ok_or_else(Error::session_not_found)?;
        let at = EnvironmentContext::new(&self.foundation, Arc::clone(&environment));
        let scope = environment.scope();
        match admit(at, found, client).await {
            Ok(principal) => Ok(Authenticated { environment, principal }),
            Err(error) => Err(Refused { error, at: Some(scope) }),
        }
    }

    async fn find(&self, token: &str, accepted: Accepted) -> Result<Option<(Arc<ActiveEnvironment>, Found)>, Error> {
        let (store, hash) = (&*self.foundation.store, Token::presented(token).hash());
        let found = if tokens::is_api_key(token) {
            if accepted == Accepted::Sessions {
                return Ok(None);
            }
            let key = authenticator::resolve::<ApiKey>(&hash, store).await?;
            key.map(|key| (key.scope, Found::ApiKey(Box::new(key))))
        } else {
            let session = authenticator::resolve::<Session>(&hash, store).await?;
            session.map(|session| (session.scope, Found::Session(Box::new(session))))
        };
        let Some((scope, found)) = found else { return Ok(None) };
        Ok(self.foundation.environment_of_scope(scope).await?.map(|environment| (environment, found)))
    }

    /// The row of a credential in a body, and its environment, if the request means that environment.
    ///
    /// # Errors
    /// The kind's error for an unknown credential, also if the request means another environment; `unavailable`.
    pub async fn resolve_body(
        &self,
        kind: CredentialKind,
        token: &Token,
        is_meant: impl Fn(&ActiveEnvironment) -> bool + Send,
    ) -> Result<(ResolvedCredential, Arc<ActiveEnvironment>), Error> {
        let store: &dyn Records = &*self.foundation.store;
        let found = authenticator::resolve_kind(kind, token, store).await?.ok_or_else(|| kind.missing())?;
        let environment = self.foundation.environment_of_scope(found.scope()).await?;
        let environment = environment.filter(|environment| is_meant(environment)).ok_or_else(|| kind.missing())?;
        Ok((found, environment))
    }
}

/// Checks a credential, and finds its principal.
async fn admit(at: EnvironmentContext, found: Found, client: &Client) -> Result<Principal, Error> {
    match found {
        Found::ApiKey(key) => Ok(Principal::ApiKey(Arc::new(ApiKeys { at }.admit(*key).await?))),
        Found::Session(mut session) => {
            at.require_active()?;
            let now = at.now();
            check_binding(&session, at.settings(), client)?;
            if session.state(now, at.settings().idle_session_timeout.duration()) == SessionState::Expired {
                return Err(token_expired());
            }
            see(&at, &mut session, now).await;
            Ok(Principal::Session(session.into()))
        }
    }
}

/// Notes that a session was used.
async fn see(at: &EnvironmentContext, session: &mut Session, now: Timestamp) {
    let idle = at.settings().idle_session_timeout.duration();
    let every = if idle.is_zero() { TOUCH_EVERY } else { TOUCH_EVERY.min(idle / 10) };
    let stale = now.minus(every);
    if session.last_seen_at > stale {
        return;
    }
    // `stale` itself counts as recent, since the store compares with "earlier than".
    let stale = stale.plus(Duration::from_millis(1));
    let touch = at.store().touch_session(&session.scope, session.id, now, stale);
    match tokio::time::timeout(TOUCH_PATIENCE, touch).await {
        Ok(Ok(_)) => session.last_seen_at = now,
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a session was not noted as seen");
        }
        Err(_) => tracing::warn!("a session was not noted as seen in time"),
    }
}

/// Refuses a session that is bound to another address.
pub(crate) fn check_binding(session: &Session, settings: &EffectiveSettings, client: &Client) -> Result<(), Error> {
    if network::may_use(settings.ip_binding, session.ip.as_deref(), client.ip) {
        Ok(())
    } else {
        Err(Error::session_not_found())
    }
}
