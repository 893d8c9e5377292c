//! From a presented token to an environment and a principal.

use std::sync::Arc;
use std::time::Duration;

use authsome_core::authenticator;
use authsome_core::environment::EffectiveSettings;
use authsome_core::error::{Code, Error};
use authsome_core::route::{ActiveEnvironment, Client, Principal};
use authsome_core::secret::Token;
use authsome_core::session::{Session, SessionState};
use authsome_core::time::Timestamp;

use crate::engine::Engine;
use crate::{api_keys, network, selection};

/// How exact the time at which a session or key was last used is, at most.
pub(crate) const TOUCH_EVERY: Duration = Duration::from_secs(60);
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

impl Engine {
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
        self.authenticate_where(token, |environment| selection::is_meant(environment, named), client).await
    }

    /// [`Engine::authenticate`] for a request that says otherwise than by one name where it acts. A credential of an
    /// environment that is not meant is as good as none, and nothing is noted of its use.
    ///
    /// # Errors
    /// Those of [`Engine::authenticate`].
    pub async fn authenticate_where(
        &self,
        token: &str,
        is_meant: impl Fn(&ActiveEnvironment) -> bool + Send + Sync,
        client: &Client,
    ) -> Result<Authenticated, Error> {
        if api_keys::is_one(token) {
            return self.authenticate_key(token, is_meant).await;
        }
        let inner = self.inner();
        let now = inner.clock.now();
        let hash = Token::presented(token).hash();
        let mut session =
            authenticator::resolve::<Session>(&hash, &*inner.store).await?.ok_or_else(session_not_found)?;
        let environment = self.environment_of_scope(session.scope).await?.ok_or_else(session_not_found)?;
        if !is_meant(&environment) {
            return Err(session_not_found());
        }
        let handle = self.handle(Arc::clone(&environment));
        handle.require_active()?;
        check_use(&session, &environment.settings, now, client)?;
        self.see(&mut session, &environment.settings, now).await;
        Ok(Authenticated { environment, principal: Principal::Session(Arc::new(session)) })
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
        let touch = self.inner().store.touch_session(&session.scope, session.id, now, stale);
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

pub(crate) fn session_not_found() -> Error {
    Error::new(Code::SessionNotFound, "there is no such session here")
}

pub(crate) fn token_expired() -> Error {
    Error::new(Code::TokenExpired, "the token is expired: refresh it, or sign in again")
}
