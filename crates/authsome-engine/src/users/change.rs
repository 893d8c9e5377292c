//! What an administrator does to a user: ban, unlock, set a password.

use authsome_context::nothing;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::notification::CoreNotification;
use authsome_core::secret::Password;
use authsome_core::user::User;
use authsome_outbox::Outbox;
use serde_json::json;

use super::Users;
use crate::passwords::{self, NewPassword};
use crate::proofs::delete_tickets;
use crate::{lockout, sessions};

impl Users {
    /// Bans a user: all sessions and half-done sign-ins end, and every sign-in is refused. Banning a banned user
    /// changes nothing.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn ban(&self, id: UserId) -> Result<User, Error> {
        self.set_banned(id, true).await
    }

    /// Ends a ban.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn unban(&self, id: UserId) -> Result<User, Error> {
        self.set_banned(id, false).await
    }

    async fn set_banned(&self, id: UserId, banned: bool) -> Result<User, Error> {
        let (at, now) = (&self.at, self.at.now());
        let action = if banned { "user.banned" } else { "user.unbanned" };
        let ended = &at.event(now, "sessions.revoked", &id, json!({ "reason": "banned" }))?;
        let scope = &at.scope();
        at.transaction(|tx| async move {
            let mut user = tx.user(scope, id).await?.ok_or_else(Error::not_found)?;
            if user.banned != banned {
                let changed = User { banned, updated_at: now, ..user.clone() };
                user = tx.update_user(scope, &user, &changed).await?;
                at.event(now, action, &id, nothing())?.insert(scope, &*tx).await?;
            }
            if banned {
                delete_tickets(scope, id, &*tx).await?;
                sessions::end_all(scope, id, None, ended, &*tx).await?;
            }
            Ok(user)
        })
        .await
    }

    /// Forgets a user's failed attempts, and ends a lock.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn unlock(&self, id: UserId) -> Result<(), Error> {
        let (at, scope) = (&self.at, &self.at.scope());
        at.transaction(|tx| async move {
            tx.user(scope, id).await?.ok_or_else(Error::not_found)?;
            lockout::clear(scope, id, &*tx).await?;
            Ok(at.event(at.now(), "account.unlocked", &id, nothing())?.insert(scope, &*tx).await?)
        })
        .await
    }

    /// Sets a user's password, and ends every session.
    ///
    /// # Errors
    /// `not_found`, `weak_password`, `method_not_allowed_here` if no plugin brings passwords; `unavailable`.
    pub async fn set_password(&self, id: UserId, password: &Password) -> Result<(), Error> {
        let at = &self.at;
        let method = passwords::method_for(at, password)?;
        self.get(id).await?;
        let new = &NewPassword::hash(method, password).await?;
        let (scope, now) = (&at.scope(), at.now());
        let ended = &at.event(now, "sessions.revoked", &id, json!({ "reason": "password_changed" }))?;
        at.transaction(|tx| async move {
            let found = tx.user(scope, id).await?.ok_or_else(Error::not_found)?;
            let user = User { updated_at: now, ..found.clone() };
            new.replace(at, &found, &user, None, ended, &*tx).await?;
            lockout::clear(scope, id, &*tx).await?;
            Ok(at.event(now, "password.changed", &id, nothing())?.insert(scope, &*tx).await?)
        })
        .await
    }

    /// Sends a user a link that lets the person set a new password. The present password holds until then. In a
    /// suspended environment the link is mailed, and works when the suspension ends.
    ///
    /// # Errors
    /// `not_found`, `method_not_allowed_here`, `unavailable`.
    pub async fn send_password_reset(&self, id: UserId) -> Result<(), Error> {
        let at = &self.at;
        at.require_enabled(passwords::METHOD)?;
        let user = self.get(id).await?;
        Outbox::new(at).queue(CoreNotification::ResetPassword, Some(id), user.email_key).await
    }
}
