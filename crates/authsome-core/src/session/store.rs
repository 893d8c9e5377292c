//! [`SessionStore`].

use async_trait::async_trait;

use super::{RefreshToken, Session};
use crate::entity::{Entity, Filter, Listed, Page};
use crate::error::StoreError;
use crate::id::{DeviceId, OrganizationId, RefreshTokenId, SessionId, UserId};
use crate::records::{Direction, Records};
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::time::Timestamp;

/// Sessions and their refresh tokens.
#[async_trait]
pub trait SessionStore: Records {
    /// Adds a session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`] where the user is gone.
    async fn create_session(&self, scope: &Scope, session: &Session) -> Result<(), StoreError> {
        session.insert(scope, self).await
    }

    /// The session with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn session(&self, scope: &Scope, id: SessionId) -> Result<Option<Session>, StoreError> {
        Session::find(scope).filter(Session::ID.eq(id)).one(self).await
    }

    /// The session with this token hash.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn session_by_token(&self, scope: &Scope, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        Session::find(scope).filter(Session::TOKEN_HASH.eq(hash)).one(self).await
    }

    /// The session with a refresh token of this hash, and that token, consumed or not.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn session_by_refresh_token(
        &self,
        scope: &Scope,
        hash: &TokenHash,
    ) -> Result<Option<(Session, RefreshToken)>, StoreError> {
        let Some(token) = RefreshToken::find(scope).filter(RefreshToken::HASH.eq(hash)).one(self).await? else {
            return Ok(None);
        };
        Ok(self.session(scope, token.session_id).await?.map(|session| (session, token)))
    }

    /// Writes the fields in which `after` differs from `before`, the session as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_session(&self, scope: &Scope, before: &Session, after: &Session) -> Result<Session, StoreError> {
        Session::update(scope).filter(Session::ID.eq(before.id)).set_changed(before, after).existing(self).await
    }

    /// Notes that the session was seen, where it was last seen before `stale`; says whether it did. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn touch_session(
        &self,
        scope: &Scope,
        id: SessionId,
        now: Timestamp,
        stale: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Session::update(scope).filter(Session::ID.eq(id)).filter(Session::LAST_SEEN_AT.lt(stale));
        Ok(update.set(Session::LAST_SEEN_AT, now).one(self).await?.is_some())
    }

    /// Sets the active organization.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn set_session_organization(
        &self,
        scope: &Scope,
        id: SessionId,
        organization: Option<OrganizationId>,
    ) -> Result<Session, StoreError> {
        let update = Session::update(scope).filter(Session::ID.eq(id));
        update.set(Session::ORGANIZATION_ID, organization).existing(self).await
    }

    /// Writes the fields in which `after` differs from `before`, where the session still has the token that it was read
    /// with; `None` where it got another meanwhile, or is gone. One step.
    ///
    /// # Errors
    /// [`StoreError::Conflict`].
    async fn renew_session(
        &self,
        scope: &Scope,
        before: &Session,
        after: &Session,
    ) -> Result<Option<Session>, StoreError> {
        let update = Session::update(scope).filter(Session::ID.eq(before.id));
        let update = update.filter(Session::TOKEN_HASH.eq(before.token_hash));
        update.set_changed(before, after).one(self).await
    }

    /// Ends a batch of a session's refresh tokens; says how many. Zero: none is left.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_session_refresh_tokens(
        &self,
        scope: &Scope,
        session: SessionId,
        limit: u32,
    ) -> Result<u64, StoreError> {
        RefreshToken::delete(scope).filter(RefreshToken::SESSION_ID.eq(session)).batch(limit, self).await
    }

    /// Ends a session with its refresh tokens.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_session(&self, scope: &Scope, id: SessionId) -> Result<(), StoreError> {
        Session::delete(scope).by_id(&id, self).await
    }

    /// Ends a batch of a user's sessions, except `keep`; says how many. Zero: none is left.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_user_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        keep: Option<SessionId>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut delete = Session::delete(scope).filter(Session::USER_ID.eq(user));
        if let Some(keep) = keep {
            delete = delete.filter(Session::ID.ne(keep));
        }
        delete.batch(limit, self).await
    }

    /// Ends a batch of all sessions of the environment; says how many. Zero: none is left.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_sessions(&self, scope: &Scope, limit: u32) -> Result<u64, StoreError> {
        Session::delete(scope).batch(limit, self).await
    }

    /// Unties sessions from a device.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn clear_session_device(&self, scope: &Scope, device: DeviceId) -> Result<u64, StoreError> {
        let update = Session::update(scope).filter(Session::DEVICE_ID.eq(device));
        update.set(Session::DEVICE_ID, None).all(self).await
    }

    /// A page of a user's sessions, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_user_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        page: Page<SessionId>,
    ) -> Result<Listed<Session>, StoreError> {
        Session::find(scope).filter(Session::USER_ID.eq(user)).page(page, self).await
    }

    /// At most `limit` of a user's sessions, of those that are meant, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn oldest_user_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        which: Filter<Session>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let find = Session::find(scope).filter(Session::USER_ID.eq(user)).filter(which);
        find.order_by(Session::ID, Direction::Ascending).limit(limit).all(self).await
    }

    /// How many sessions a user has, of those that are meant.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn count_user_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        which: Filter<Session>,
    ) -> Result<u64, StoreError> {
        Session::find(scope).filter(Session::USER_ID.eq(user)).filter(which).count(self).await
    }

    /// Adds a refresh token.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`] where the session is gone.
    async fn create_refresh_token(&self, scope: &Scope, token: &RefreshToken) -> Result<(), StoreError> {
        token.insert(scope, self).await
    }

    /// Consumes a refresh token that is neither consumed nor expired. Of callers at once, one gets it. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn consume_refresh_token(
        &self,
        scope: &Scope,
        id: RefreshTokenId,
        now: Timestamp,
    ) -> Result<Option<RefreshToken>, StoreError> {
        RefreshToken::update(scope)
            .filter(RefreshToken::ID.eq(id))
            .filter(RefreshToken::CONSUMED_AT.is_null())
            .filter(RefreshToken::EXPIRES_AT.gt(now))
            .set(RefreshToken::CONSUMED_AT, Some(now))
            .one(self)
            .await
    }
}

impl<R: Records + ?Sized> SessionStore for R {}
