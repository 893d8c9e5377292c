//! Resetting a forgotten password.

use authsome_context::nothing;
use authsome_context::rules::tokens::Mailed;
use authsome_core::account::PasswordReset;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::identity::Email;
use authsome_core::notification::{CoreNotification, Notification};
use authsome_core::secret::{Password, Token};
use authsome_core::user::User;
use authsome_outbox::Outbox;
use serde_json::json;

use super::{Account, require_accepted};
use crate::users::delete_proofs;
use crate::{lockout, passwords, sessions};

impl Account {
    /// Sends a link that lets the person set a new password, if an account has this address. The answer does not tell
    /// whether one has.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `unavailable`.
    pub async fn forgot(&self, email: &Email) -> Result<(), Error> {
        self.at.require_method(passwords::METHOD)?;
        Outbox::new(&self.at).queue(CoreNotification::ResetPassword, None, email.key().to_owned()).await
    }

    /// Sets a new password with a mailed token: every session ends, a lock ends, other mailed tokens of the user are
    /// void. The address counts as proven, since the token went there.
    ///
    /// # Errors
    /// `invalid_token`; `weak_password`, which leaves the token valid; `environment_inactive`,
    /// `method_not_allowed_here`, `unavailable`.
    pub async fn reset(&self, token: &Token, password: &Password) -> Result<(), Error> {
        self.reset_found(token, &self.find(token).await?, password).await
    }

    /// [`Account::reset`] with the token's row.
    ///
    /// # Errors
    /// Those of [`Account::reset`].
    pub async fn reset_found(&self, token: &Token, reset: &PasswordReset, password: &Password) -> Result<(), Error> {
        self.require_usable(Mailed::Reset, token)?;
        let at = &self.at;
        at.require_method(passwords::METHOD)?;
        if reset.consumed_at.is_some() || at.now() >= reset.expires_at {
            return Err(Error::invalid_token());
        }
        let method = passwords::method_for(at, password)?;
        let digest = method.hash(password).await?;
        let now = at.now();
        let id = reset.user_id;
        let event = &at.event_by(&id, now, "password.reset", &id, nothing())?;
        let ended = &at.event_by(&id, now, "sessions.revoked", &id, json!({ "reason": "password_reset" }))?;
        let told = &at.notification(now, CoreNotification::PasswordChanged.into(), Some(id), String::new())?;
        let (scope, method, digest) = (&at.scope(), &method, &digest);
        at.transaction(|tx| async move {
            let at = at.require_still_active(&*tx).await?;
            at.require_method(passwords::METHOD)?;
            require_accepted(&at, Mailed::Reset, token)?;
            let consumed = tx.consume_password_reset(scope, &reset.token_hash, now).await?;
            // A token that is known beforehand may be another user's meanwhile.
            consumed.filter(|row| row.user_id == id).ok_or_else(Error::invalid_token)?;
            let found = tx.user(scope, id).await?.ok_or_else(Error::invalid_token)?;
            let user = User { email_verified: true, updated_at: now, ..found.clone() };
            let user = tx.update_user(scope, &found, &user).await?;
            method.set(&*tx, scope, id, digest, now).await?;
            delete_proofs(&at, id, &*tx).await?;
            lockout::clear(scope, id, &*tx).await?;
            sessions::end_all(scope, id, None, ended, &*tx).await?;
            let told = Notification { recipient: user.email_key, ..told.clone() };
            told.insert(scope, &*tx).await?;
            Ok::<_, Error>(event.insert(scope, &*tx).await?)
        })
        .await?;
        at.foundation().wakers.mail.wake();
        Ok(())
    }
}
