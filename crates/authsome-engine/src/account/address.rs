//! Proving an address, and changing it.

use authsome_context::nothing;
use authsome_context::rules::tokens::Mailed;
use authsome_core::account::{Verification, VerificationPurpose};
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::identity::Email;
use authsome_core::notification::CoreNotification;
use authsome_core::plugin::Moment;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::user::User;
use authsome_outbox::Outbox;

use super::{Account, require_accepted};
use crate::proofs::delete_proofs;
use crate::users::name_conflict;

impl Account {
    /// Sends the link that proves an address again, if an account has the address and has not proven it. The answer
    /// does not tell whether one has.
    ///
    /// # Errors
    /// `environment_inactive`, `unavailable`.
    pub async fn resend_verification(&self, email: &Email) -> Result<(), Error> {
        self.at.require_active()?;
        Outbox::new(&self.at).queue(CoreNotification::VerifyEmail, None, email.key().to_owned()).await
    }

    /// Sends a link to a new address of the session's user. The account takes the address when it is proven. The answer
    /// does not tell whether another account has it.
    ///
    /// # Errors
    /// `environment_inactive`, `unavailable`.
    pub async fn change_email(&self, session: &Session, email: &Email) -> Result<(), Error> {
        self.at.require_active()?;
        Outbox::new(&self.at)
            .queue(CoreNotification::ChangeEmail, Some(session.user_id), email.address().to_owned())
            .await
    }

    /// Proves an address with a mailed token; a token of a change also gives the account the address.
    ///
    /// # Errors
    /// `invalid_token`; `conflict` if another account took the address meanwhile; `environment_inactive`; a hook's
    /// refusal; `unavailable`.
    pub async fn verify_email(&self, token: &Token) -> Result<User, Error> {
        self.verify_email_found(token, &self.find(token).await?).await
    }

    /// [`Account::verify_email`] with the token's row.
    ///
    /// # Errors
    /// Those of [`Account::verify_email`].
    pub async fn verify_email_found(&self, token: &Token, verification: &Verification) -> Result<User, Error> {
        self.require_usable(Mailed::Verification, token)?;
        let at = &self.at;
        let now = at.now();
        let id = verification.user_id;
        let user = at.store().user(&at.scope(), id).await?.ok_or_else(Error::invalid_token)?;
        let (planned, previous) = prove(verification, user)?;
        at.before(now, Moment::UserUpdate { user: &planned }).await?;
        let action = if previous.is_some() { "email.changed" } else { "email.verified" };
        let scope = &at.scope();
        let user = at
            .transaction(|tx| async move {
                require_accepted(&at.require_still_active(&*tx).await?, Mailed::Verification, token)?;
                let consumed = tx.consume_verification(scope, &verification.token_hash, now).await?;
                // A test code may be another user's meanwhile.
                consumed.filter(|row| row.user_id == id).ok_or_else(Error::invalid_token)?;
                let found = tx.user(scope, id).await?.ok_or_else(Error::invalid_token)?;
                let (mut user, previous) = prove(verification, found.clone())?;
                user.updated_at = now;
                let user = tx.update_user(scope, &found, &user).await.map_err(name_conflict)?;
                if let Some(previous) = previous {
                    // Tokens that were mailed to the old address are void.
                    delete_proofs(at, id, &*tx).await?;
                    let told = at.notification(now, CoreNotification::EmailChanged.into(), Some(id), previous)?;
                    told.insert(scope, &*tx).await?;
                }
                at.event_by(&id, now, action, &id, nothing())?.insert(scope, &*tx).await?;
                Ok::<_, Error>(user)
            })
            .await?;
        at.foundation().wakers.mail.wake();
        at.after(now, Moment::UserUpdate { user: &user }).await;
        Ok(user)
    }
}

/// The user after the proof, and the previous address if it changes.
fn prove(verification: &Verification, mut user: User) -> Result<(User, Option<String>), Error> {
    let email: Email = verification.email.parse().map_err(|_| Error::invalid_token())?;
    let previous = match verification.purpose {
        VerificationPurpose::Confirm if user.email_key != email.key() => return Err(Error::invalid_token()),
        VerificationPurpose::Confirm => None,
        VerificationPurpose::Change => {
            let previous = std::mem::take(&mut user.email);
            user.set_email(&email);
            Some(previous)
        }
    };
    user.email_verified = true;
    Ok((user, previous))
}
