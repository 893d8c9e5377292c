//! Changing a known password.

use authsome_context::nothing;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::notification::{CoreNotification, Notification};
use authsome_core::secret::Password;
use authsome_core::session::Session;
use authsome_core::user::User;
use serde_json::json;

use super::Account;
use crate::lockout::Subject;
use crate::users::delete_proofs;
use crate::{passwords, sessions};

impl Account {
    /// Changes the password of a session's user: every other session ends. Attempts are counted like sign-ins.
    ///
    /// # Errors
    /// `weak_password`; `invalid_credentials` if the current one is wrong; `account_locked`,
    /// `method_not_allowed_here`; `session_not_found` if the session is gone; `unavailable`.
    pub async fn change_password(&self, session: &Session, current: &Password, new: &Password) -> Result<(), Error> {
        let at = &self.at;
        at.require_method(passwords::METHOD)?;
        let method = passwords::method_for(at, new)?;
        let id = session.user_id;
        passwords::prove(at, Subject::user(id), Some(id), current).await?;
        let digest = method.hash(new).await?;
        let now = at.now();
        let event = &at.event_by(&id, now, "password.changed", &id, nothing())?;
        let ended = &at.event_by(&id, now, "sessions.revoked", &id, json!({ "reason": "password_changed" }))?;
        let told = &at.notification(now, CoreNotification::PasswordChanged.into(), Some(id), String::new())?;
        let (scope, method, digest) = (&at.scope(), &method, &digest);
        at.transaction(|tx| async move {
            at.require_still_active(&*tx).await?.require_method(passwords::METHOD)?;
            // A reset at the same moment has ended the session, and its password stays.
            if tx.session(scope, session.id).await?.is_none() {
                return Err(Error::session_not_found());
            }
            let found = tx.user(scope, id).await?.ok_or_else(Error::session_not_found)?;
            let user = User { updated_at: now, ..found.clone() };
            let user = tx.update_user(scope, &found, &user).await?;
            method.set(&*tx, scope, id, digest, now).await?;
            delete_proofs(at, id, &*tx).await?;
            sessions::end_all(scope, id, Some(session.id), ended, &*tx).await?;
            let told = Notification { recipient: user.email_key, ..told.clone() };
            told.insert(scope, &*tx).await?;
            Ok::<_, Error>(event.insert(scope, &*tx).await?)
        })
        .await?;
        at.foundation().wakers.mail.wake();
        Ok(())
    }
}
