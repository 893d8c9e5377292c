//! [`Sessions`].

use authsome_context::{Budget, EnvironmentContext, Progress};
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::error::{Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::{SessionId, UserId};
use authsome_core::plugin::Moment;
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::store::StoreTx;
use serde_json::json;

/// How many sessions one statement ends.
const BATCH: u32 = 500;

/// An environment's sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(crate) at: EnvironmentContext,
}

impl Sessions {
    /// The session with this id.
    ///
    /// # Errors
    /// `session_not_found` if it is unknown in this environment; `unavailable`.
    pub async fn get(&self, id: SessionId) -> Result<Session, Error> {
        self.at.store().session(&self.at.scope(), id).await?.ok_or_else(Error::session_not_found)
    }

    /// A page of a user's sessions, newest first.
    ///
    /// # Errors
    /// `not_found` if the user is unknown in this environment; `unavailable`.
    pub async fn list(&self, user: UserId, page: Page<SessionId>) -> Result<Listed<Session, SessionId>, Error> {
        let (scope, store) = (&self.at.scope(), self.at.store());
        store.user(scope, user).await?.ok_or_else(Error::not_found)?;
        Ok(store.list_user_sessions(scope, user, page).await?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// `not_found`; a hook's refusal; `unavailable`.
    pub async fn revoke(&self, id: SessionId) -> Result<(), Error> {
        self.revoke_among(id, |_| true).await
    }

    /// Ends one of a user's sessions.
    ///
    /// # Errors
    /// `not_found`, also for another user's; a hook's refusal; `unavailable`.
    pub async fn revoke_of(&self, user: UserId, id: SessionId) -> Result<(), Error> {
        self.revoke_among(id, |session| session.user_id == user).await
    }

    async fn revoke_among(&self, id: SessionId, among: impl Fn(&Session) -> bool + Send) -> Result<(), Error> {
        let found = self.at.store().session(&self.at.scope(), id).await?;
        let session = found.filter(among).ok_or_else(Error::not_found)?;
        if end(&self.at, &session, "revoked").await? { Ok(()) } else { Err(Error::not_found()) }
    }

    /// Ends every session of the user except this one; says how many.
    ///
    /// # Errors
    /// `not_found` if the user is gone; `unavailable`.
    pub async fn revoke_others(&self, session: &Session) -> Result<u64, Error> {
        self.end_of_user(session.user_id, Some(session.id)).await
    }

    /// Ends every session of a user; says how many.
    ///
    /// # Errors
    /// `not_found` if the user is unknown in this environment; `unavailable`.
    pub async fn revoke_all(&self, user: UserId) -> Result<u64, Error> {
        self.end_of_user(user, None).await
    }

    /// Ends every session of the environment in batches, each together with an event that says how many it ended. It
    /// works for some five seconds; if sessions remain, make the same call again. In an environment of type production,
    /// it needs a confirmation.
    ///
    /// # Errors
    /// `confirmation_required`; `not_found` if the environment is gone; `unavailable`. Sessions that it has ended stay
    /// ended.
    pub async fn revoke_everybodys(&self, confirm: Confirm) -> Result<Progress, Error> {
        let at = &self.at;
        at.require_confirmed(confirm, Destructive::RevokeSessions).await?;
        let (budget, mut count) = (Budget::begin(), 0);
        while !budget.is_spent() {
            let batch = self.end_batch().await?;
            count += batch;
            if batch < u64::from(BATCH) {
                return Ok(Progress { count, complete: true });
            }
        }
        Ok(Progress { count, complete: false })
    }

    async fn end_batch(&self) -> Result<u64, Error> {
        let (at, scope) = (&self.at, &self.at.scope());
        at.transaction(|tx| async move {
            let count = Session::delete(scope).batch(BATCH, &*tx).await?;
            if count > 0 {
                let data = json!({ "reason": "revoked", "count": count });
                at.event(at.now(), "sessions.revoked", &scope.env_id, data)?.insert(scope, &*tx).await?;
            }
            Ok::<_, Error>(count)
        })
        .await
    }

    async fn end_of_user(&self, user: UserId, keep: Option<SessionId>) -> Result<u64, Error> {
        let (at, scope) = (&self.at, &self.at.scope());
        let data = json!({ "reason": "revoked", "kept": keep });
        let event = &at.event_by(&user, at.now(), "sessions.revoked", &user, data)?;
        at.transaction(|tx| async move {
            tx.user(scope, user).await?.ok_or_else(Error::not_found)?;
            Ok(end_all(scope, user, keep, event, &*tx).await?)
        })
        .await
    }
}

/// Ends a session; says whether it existed.
pub(crate) async fn end(at: &EnvironmentContext, session: &Session, reason: &str) -> Result<bool, Error> {
    let now = at.now();
    at.before(now, Moment::SignOut { session }).await?;
    let scope = &at.scope();
    let ended = at
        .transaction(|tx| async move {
            if Session::delete(scope).filter(Session::ID.eq(session.id)).batch(1, &*tx).await? == 0 {
                return Ok::<_, Error>(false);
            }
            let data = json!({ "reason": reason });
            at.event_by(&session.user_id, now, "session.revoked", &session.id, data)?.insert(scope, &*tx).await?;
            Ok(true)
        })
        .await?;
    if ended {
        at.after(now, Moment::SignOut { session }).await;
    }
    Ok(ended)
}

/// Ends a user's sessions except `keep`, with one event if there were any; says how many. Part of a transaction.
pub(crate) async fn end_all(
    scope: &Scope,
    user: UserId,
    keep: Option<SessionId>,
    event: &Event,
    tx: &dyn StoreTx,
) -> Result<u64, StoreError> {
    let ended = delete_all(scope, user, keep, tx).await?;
    if ended > 0 {
        event.insert(scope, tx).await?;
    }
    Ok(ended)
}

/// The same without an event.
pub(crate) async fn delete_all(
    scope: &Scope,
    user: UserId,
    keep: Option<SessionId>,
    tx: &dyn StoreTx,
) -> Result<u64, StoreError> {
    let mut ended = 0;
    loop {
        let batch = tx.delete_user_sessions(scope, user, keep, BATCH).await?;
        ended += batch;
        if batch < u64::from(BATCH) {
            return Ok(ended);
        }
    }
}
