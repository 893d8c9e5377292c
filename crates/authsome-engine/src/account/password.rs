//! Setting a password: in place of a forgotten one, and of a known one.

use authsome_context::nothing;
use authsome_context::rules::tokens::Mailed;
use authsome_core::account::PasswordReset;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::identity::Email;
use authsome_core::notification::CoreNotification;
use authsome_core::plugin::{Redeem as _, SignedIn};
use authsome_core::secret::{Password, Token};
use authsome_core::session::Session;
use authsome_core::user::User;
use authsome_outbox::Outbox;
use serde_json::json;

use super::{Account, require_accepted};
use crate::auth::renewal::Renewal;
use crate::lockout::{self, Subject};
use crate::passwords::{self, NewPassword};

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
        let new = &NewPassword::hash(passwords::method_for(at, password)?, password).await?;
        let (scope, now, id) = (&at.scope(), at.now(), reset.user_id);
        let ended = &at.event_by(&id, now, "sessions.revoked", &id, json!({ "reason": "password_reset" }))?;
        at.transaction(|tx| async move {
            let at = at.require_still_active(&*tx).await?;
            at.require_method(passwords::METHOD)?;
            require_accepted(&at, Mailed::Reset, token)?;
            let consumed = tx.consume_password_reset(scope, &reset.token_hash, now).await?;
            // A token that is known beforehand may be another user's meanwhile.
            consumed.filter(|row| row.user_id == id).ok_or_else(Error::invalid_token)?;
            let found = tx.user(scope, id).await?.ok_or_else(Error::invalid_token)?;
            let user = User { email_verified: true, updated_at: now, ..found.clone() };
            new.replace(&at, &found, &user, None, ended, &*tx).await?;
            lockout::clear(scope, id, &*tx).await?;
            let told = at.notification(now, CoreNotification::PasswordChanged.into(), Some(id), user.email_key)?;
            told.insert(scope, &*tx).await?;
            Ok::<_, Error>(at.event_by(&id, now, "password.reset", &id, nothing())?.insert(scope, &*tx).await?)
        })
        .await?;
        at.foundation().wakers.mail.wake();
        Ok(())
    }

    /// Changes the password of a session's user: every other session ends, and this one gets new tokens. Attempts are
    /// counted like sign-ins.
    ///
    /// # Errors
    /// `weak_password`; `invalid_credentials` if the current one is wrong, or was changed at the same moment;
    /// `account_locked`, `method_not_allowed_here`; `session_not_found` if the session is gone, or got new tokens at the
    /// same moment; `unavailable`.
    pub async fn change_password(
        &self,
        session: &Session,
        current: &Password,
        new: &Password,
    ) -> Result<SignedIn, Error> {
        let (at, id) = (&self.at, session.user_id);
        at.require_method(passwords::METHOD)?;
        let method = passwords::method_for(at, new)?;
        let verified = &passwords::verify(at, Subject::user(id), Some(id), current).await?;
        let new = &NewPassword::hash(method, new).await?;
        let (scope, now) = (&at.scope(), at.now());
        let ended = &at.event_by(&id, now, "sessions.revoked", &id, json!({ "reason": "password_changed" }))?;
        let renewal = &Renewal::new(at, session, &[], now).await?;
        let renewed = at.transaction(|tx| async move {
            at.require_still_active(&*tx).await?.require_method(passwords::METHOD)?;
            let found = tx.user(scope, id).await?.ok_or_else(Error::session_not_found)?;
            // A reset at the same moment has ended the session, and its password stays.
            let renewed = renewal.write(User { updated_at: now, ..found.clone() }, &*tx).await?;
            verified.redeem(&found, &*tx).await?;
            new.replace(at, &found, &renewed.user, Some(session.id), ended, &*tx).await?;
            let told = CoreNotification::PasswordChanged.into();
            let told = at.notification(now, told, Some(id), renewed.user.email_key.clone())?;
            told.insert(scope, &*tx).await?;
            at.event_by(&id, now, "password.changed", &id, nothing())?.insert(scope, &*tx).await?;
            Ok::<_, Error>(renewed)
        });
        let renewed = renewed.await?;
        at.foundation().wakers.mail.wake();
        Ok(renewed)
    }
}
