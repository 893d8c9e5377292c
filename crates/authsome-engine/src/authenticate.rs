//! From a presented token to an environment and a principal.

use std::sync::Arc;
use std::time::Duration;

use authsome_context::refusals::{invalid_token, session_not_found, token_expired};
use authsome_context::rules::{network, tokens};
use authsome_context::{EnvironmentContext, Foundation, TOUCH_EVERY, is_meant};
use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::authenticator;
use authsome_core::environment::EffectiveSettings;
use authsome_core::error::Error;
use authsome_core::route::{ActiveEnvironment, BodyCredentialKind, Client, Principal};
use authsome_core::secret::Token;
use authsome_core::session::{RefreshToken, Session, SessionState};
use authsome_core::ticket::Ticket;
use authsome_core::time::Timestamp;

use crate::api_keys::ApiKeys;

/// How long an answer waits until the time at which its session was seen is written.
const TOUCH_PATIENCE: Duration = Duration::from_millis(500);

/// Who makes a request, and in which environment.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The environment of the credential.
    pub environment: Arc<ActiveEnvironment>,
    /// Who it stands for.
    pub principal: Principal,
}

/// A credential that was found, whether or not it is good.
#[derive(Clone, Debug)]
pub struct FoundCredential {
    environment: Arc<ActiveEnvironment>,
    kind: Found,
}

#[derive(Clone, Debug)]
enum Found {
    Session(Box<Session>),
    ApiKey(Box<ApiKey>),
}

impl FoundCredential {
    /// The environment that it belongs to.
    #[must_use]
    pub const fn environment(&self) -> &Arc<ActiveEnvironment> {
        &self.environment
    }

    /// Whether it is a session's token.
    #[must_use]
    pub const fn is_session(&self) -> bool {
        matches!(self.kind, Found::Session(_))
    }
}

/// From a presented token to an environment and a principal.
#[derive(Clone, Debug)]
pub struct Authenticator {
    foundation: Arc<Foundation>,
}

impl Authenticator {
    pub(crate) const fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation }
    }

    /// Checks a session token or an API key: one query, beside the environment and its settings, which are cached, and
    /// the user of a user's key.
    ///
    /// `named` is the environment that the request names by slug or id, if it does. A session is noted as seen once a
    /// minute, more often where it would end after less than 10 minutes of idleness; that never lengthens its life, and
    /// never fails the request.
    ///
    /// # Errors
    /// `session_not_found` where no session has the token, another environment is named, or the session is bound to
    /// another address; `environment_inactive`; `token_expired` where it is too old or was idle for too long;
    /// `unavailable`.
    pub async fn authenticate(
        &self,
        token: &str,
        named: Option<&str>,
        client: &Client,
    ) -> Result<Authenticated, Error> {
        let found = self.find(token).await?;
        let meant = found.filter(|found| is_meant(&found.environment, named));
        self.admit(meant.ok_or_else(session_not_found)?, client).await
    }

    /// The first half of [`Authenticator::authenticate`], for a request that says otherwise than by one name where it acts: the
    /// session or key, wherever it belongs. Nothing is noted of its use. One of an environment that the request does not
    /// mean is to be treated as if there were none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn find(&self, token: &str) -> Result<Option<FoundCredential>, Error> {
        let (store, hash) = (&*self.foundation.store, Token::presented(token).hash());
        let (scope, kind) = if tokens::is_api_key(token) {
            let Some(key) = authenticator::resolve::<ApiKey>(&hash, store).await? else { return Ok(None) };
            (key.scope, Found::ApiKey(Box::new(key)))
        } else {
            let Some(session) = authenticator::resolve::<Session>(&hash, store).await? else { return Ok(None) };
            (session.scope, Found::Session(Box::new(session)))
        };
        let environment = self.foundation.environment_of_scope(scope).await?;
        Ok(environment.map(|environment| FoundCredential { environment, kind }))
    }

    /// The second half of [`Authenticator::authenticate`]: whether a credential is good, and for whom it stands.
    ///
    /// # Errors
    /// Those of [`Authenticator::authenticate`].
    pub async fn admit(&self, found: FoundCredential, client: &Client) -> Result<Authenticated, Error> {
        let FoundCredential { environment, kind } = found;
        let at = EnvironmentContext::new(&self.foundation, Arc::clone(&environment));
        let principal = match kind {
            Found::ApiKey(key) => Principal::ApiKey(Arc::new(ApiKeys::new(at).admit(*key).await?)),
            Found::Session(mut session) => {
                at.require_active()?;
                let now = self.foundation.now();
                check_use(&session, &environment.settings, now, client)?;
                self.see(&mut session, &environment.settings, now).await;
                Principal::Session(session.into())
            }
        };
        Ok(Authenticated { environment, principal })
    }

    /// The environment of a credential that a body carries, where the request means it.
    ///
    /// # Errors
    /// What is answered where there is no such credential, also where it belongs to an environment that is not meant:
    /// `session_not_found` for refresh tokens, `invalid_token` for the others; `unavailable`.
    pub async fn environment_of_body_credential(
        &self,
        kind: BodyCredentialKind,
        token: &Token,
        is_meant: impl Fn(&ActiveEnvironment) -> bool + Send + Sync,
    ) -> Result<Arc<ActiveEnvironment>, Error> {
        let (store, hash) = (&*self.foundation.store, &token.hash());
        let scope = match kind {
            BodyCredentialKind::RefreshToken => {
                authenticator::resolve::<RefreshToken>(hash, store).await?.map(|row| row.scope)
            }
            BodyCredentialKind::Verification => {
                authenticator::resolve::<Verification>(hash, store).await?.map(|row| row.scope)
            }
            BodyCredentialKind::PasswordReset => {
                authenticator::resolve::<PasswordReset>(hash, store).await?.map(|row| row.scope)
            }
            BodyCredentialKind::Ticket => authenticator::resolve::<Ticket>(hash, store).await?.map(|row| row.scope),
        };
        let environment = match scope {
            Some(scope) => self.foundation.environment_of_scope(scope).await?,
            None => None,
        };
        environment.filter(|environment| is_meant(environment)).ok_or_else(|| match kind {
            BodyCredentialKind::RefreshToken => session_not_found(),
            BodyCredentialKind::Verification | BodyCredentialKind::PasswordReset | BodyCredentialKind::Ticket => {
                invalid_token()
            }
        })
    }

    async fn see(&self, session: &mut Session, settings: &EffectiveSettings, now: Timestamp) {
        let idle = settings.idle_session_timeout.duration();
        let every = if idle.is_zero() { TOUCH_EVERY } else { TOUCH_EVERY.min(idle / 10) };
        let stale = now.minus(every);
        if session.last_seen_at > stale {
            return;
        }
        // Not before the moment itself: `stale` is compared with "earlier than".
        let stale = stale.plus(Duration::from_millis(1));
        let touch = self.foundation.store.touch_session(&session.scope, session.id, now, stale);
        match tokio::time::timeout(TOUCH_PATIENCE, touch).await {
            Ok(Ok(_)) => session.last_seen_at = now,
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a session was not noted as seen");
            }
            Err(_) => tracing::warn!("a session was not noted as seen in time"),
        }
    }
}

/// Refuses a session that is too old, was idle for too long, or is used from where it may not be.
pub(crate) fn check_use(
    session: &Session,
    settings: &EffectiveSettings,
    now: Timestamp,
    client: &Client,
) -> Result<(), Error> {
    check_binding(session, settings, client)?;
    match session.state(now, settings.idle_session_timeout.duration()) {
        SessionState::Active => Ok(()),
        SessionState::Expired => Err(token_expired()),
    }
}

/// Refuses a session that is used from where it may not be.
pub(crate) fn check_binding(session: &Session, settings: &EffectiveSettings, client: &Client) -> Result<(), Error> {
    if network::may_use(settings.ip_binding, session.ip.as_deref(), client.ip) {
        Ok(())
    } else {
        Err(session_not_found())
    }
}
