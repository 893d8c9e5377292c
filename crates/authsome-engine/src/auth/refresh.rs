//! Refreshing a session.
//!
//! A refresh token is exchanged once (RFC 9700, section 4.14.2). Its successors are derived from it, so that a client
//! that lost the answer, or raced with another request, gets the same ones for a short grace period, without their
//! being stored. If it is presented later, it was copied, and the whole family is revoked.
//!
//! A session's absolute end is fixed when it is made; refreshing never moves it (NIST SP 800-63B-4, section 5.2; OWASP
//! ASVS 5.0, section 7.3).

use std::sync::Arc;

use authsome_context::refusals::token_expired;
use authsome_context::rules::tokens::Pair;
use authsome_context::{EnvironmentContext, nothing};
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::plugin::{Moment, SignedIn};
use authsome_core::route::{Client, RateClass};
use authsome_core::secret::Token;
use authsome_core::session::{RefreshToken, RefreshTokenState, Session, SessionState};
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

use super::Auth;
use super::complete::refresh_token;
use crate::authenticate::check_binding;
use crate::jwt::SigningKeys;
use crate::rate::RateLimiter;

/// The outcome of a refresh.
enum Outcome {
    /// This caller exchanged the token.
    Exchanged(Box<(User, Session)>),
    /// Another caller exchanged it a moment ago.
    Graced(Box<(User, Session)>, Timestamp),
    /// It was exchanged before, or the user is gone or banned: the family is gone.
    Ended { session: Box<Session>, is_replayed: bool },
}

/// The exchange of a refresh token for these tokens.
struct Exchange<'a> {
    at: &'a EnvironmentContext,
    presented: &'a RefreshToken,
    tokens: &'a Pair,
    now: Timestamp,
}

impl Auth {
    /// Exchanges a refresh token of this environment for its session's next two tokens.
    ///
    /// Presented again within 10 seconds, it gives the same two tokens; later, it ends the session.
    ///
    /// # Errors
    /// `session_not_found` if the token is unknown or was exchanged before, the session is bound to another address, or
    /// the user is gone or banned; `environment_inactive` and `method_not_allowed_here`, which consume nothing;
    /// `token_expired`; `rate_limited` past 60 a minute and session; a hook's refusal; `unavailable`.
    pub async fn refresh(&self, presented: &Token, client: &Client) -> Result<SignedIn, Error> {
        let find = RefreshToken::find(&self.at.scope()).filter(RefreshToken::HASH.eq(presented.hash()));
        let token = find.one(self.at.store()).await?.ok_or_else(Error::session_not_found)?;
        self.refresh_found(presented, &token, client).await
    }

    /// [`Auth::refresh`] with the token's row.
    ///
    /// # Errors
    /// Those of [`Auth::refresh`].
    pub async fn refresh_found(
        &self,
        presented: &Token,
        token: &RefreshToken,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let foundation = self.at.foundation();
        let at = self.at.with_client(client);
        at.require_active()?;
        let now = at.now();
        let session = at.store().session(&token.scope, token.session_id).await?.ok_or_else(Error::session_not_found)?;
        if token.state(now) != RefreshTokenState::Replayed {
            check_binding(&session, at.settings(), client)?;
            at.require_method(&session.method)?;
            let idle = at.settings().idle_session_timeout.duration();
            let ends = Session { expires_at: session.refresh_expires_at, ..session.clone() };
            if ends.state(now, idle) == SessionState::Expired {
                return Err(token_expired());
            }
            // By session, since each refresh comes with another token.
            let limiter = RateLimiter { foundation: Arc::clone(foundation) };
            let subject = session.id.to_string();
            if let Some(limit) = limiter.check(RateClass::REFRESH, &token.scope, None, Some(&subject)).await? {
                limit.require()?;
            }
            at.before(now, Moment::SessionRefresh { session: &session }).await?;
        }
        let signing_keys = SigningKeys { at: at.clone() };
        let mut tokens = Pair::child(&foundation.keys.refresh, presented);
        let opaque = tokens.session.clone();
        let renewed = Session { expires_at: renewed_end(&at, &session, now), ..session.clone() };
        tokens.session = signing_keys.access_token(&renewed, &opaque, now).await?;
        let exchange = &Exchange { at: &at, presented: token, tokens: &tokens, now };
        let outcome = at.transaction(|tx| async move { exchange.run(&*tx).await }).await?;
        let ((user, session), token) = match outcome {
            Outcome::Exchanged(issued) => {
                at.after(now, Moment::SessionRefresh { session: &issued.1 }).await;
                (*issued, tokens.session.clone())
            }
            Outcome::Graced(issued, exchanged_at) => {
                let token = signing_keys.access_token_again(&issued.1, &opaque, exchanged_at).await?;
                (*issued, token)
            }
            Outcome::Ended { session, is_replayed } => {
                if is_replayed {
                    tracing::warn!(session = %session.id, "a refresh token was presented again: its session is ended");
                }
                at.after(now, Moment::SignOut { session: &session }).await;
                return Err(Error::session_not_found());
            }
        };
        Ok(SignedIn { user, session, token, refresh_token: tokens.refresh.clone() })
    }
}

/// When a session's next token expires.
fn renewed_end(at: &EnvironmentContext, session: &Session, now: Timestamp) -> Timestamp {
    now.plus(at.settings().session_ttl.duration()).min(session.refresh_expires_at)
}

impl Exchange<'_> {
    async fn run(&self, tx: &dyn StoreTx) -> Result<Outcome, Error> {
        let (scope, presented) = (&self.presented.scope, self.presented.id);
        let at = self.at.require_still_active(tx).await?;
        let session = tx.session(scope, self.presented.session_id).await?.ok_or_else(Error::session_not_found)?;
        let consumed = tx.consume_refresh_token(scope, presented, self.now).await?;
        let mut exchanged_at = None;
        if consumed.is_none() {
            let find = RefreshToken::find(scope).filter(RefreshToken::ID.eq(presented));
            let token = find.one(tx).await?.ok_or_else(Error::session_not_found)?;
            match token.state(self.now) {
                RefreshTokenState::Graced => exchanged_at = token.consumed_at,
                RefreshTokenState::Replayed => {
                    tx.delete_session(scope, session.id).await?;
                    self.tell("session.replayed", &session, tx).await?;
                    return Ok(Outcome::Ended { session: Box::new(session), is_replayed: true });
                }
                RefreshTokenState::Expired => return Err(token_expired()),
                // Another transaction exchanged it since this one began; the next run sees that.
                RefreshTokenState::Valid => return Err(StoreError::contention().into()),
            }
        }
        at.require_method(&session.method)?;
        let Some(user) = tx.user(scope, session.user_id).await?.filter(|user| !user.banned) else {
            tx.delete_session(scope, session.id).await?;
            self.tell("session.revoked", &session, tx).await?;
            return Ok(Outcome::Ended { session: Box::new(session), is_replayed: false });
        };
        if let Some(exchanged_at) = exchanged_at {
            return Ok(Outcome::Graced(Box::new((user, session)), exchanged_at));
        }
        let next = Session {
            token_hash: self.tokens.session.hash(),
            expires_at: renewed_end(self.at, &session, self.now),
            last_seen_at: session.last_seen_at.max(self.now),
            ..session.clone()
        };
        let session = tx.update_session(scope, &session, &next).await?;
        let child = refresh_token(&session, &self.tokens.refresh, self.now, at.entropy())?;
        tx.create_refresh_token(scope, &child).await?;
        self.tell("session.refreshed", &session, tx).await?;
        Ok(Outcome::Exchanged(Box::new((user, session))))
    }

    async fn tell(&self, action: &str, session: &Session, tx: &dyn StoreTx) -> Result<(), Error> {
        let event = self.at.event_by(&session.user_id, self.now, action, &session.id, nothing())?;
        Ok(event.insert(&session.scope, tx).await?)
    }
}
