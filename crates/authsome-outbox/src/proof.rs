//! The proofs of mailed tokens, and the tokens' rows.
//!
//! The row has the same ULID as the notification, so that a mail that is tried again carries the same token. The token
//! is derived from the row's id, and only its hash is stored. A test code ([`TestCodes`]) is written with its
//! notification, in place of an earlier row with the same token, so that it works before the mail is sent.

use authsome_context::Foundation;
use authsome_context::rules::tokens::{self, Mailed};
use authsome_core::account::{AccountStore, PasswordReset, Verification, VerificationPurpose};
use authsome_core::entity::Entity;
use authsome_core::environment::TestCodes;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{PasswordResetId, TypedId, UserId, VerificationId};
use authsome_core::identity::Email;
use authsome_core::notification::{CoreNotification, Notification, NotificationKind};
use authsome_core::records::Records;
use authsome_core::route::ActiveEnvironment;
use authsome_core::scope::Scope;
use authsome_core::secret::{Token, TokenHash};
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::time::Timestamp;
use authsome_core::user::{User, UserStore};

/// What a person can prove with a token.
pub(crate) struct MailedProof {
    user: UserId,
    pub(crate) to: String,
    of: Of,
}

#[derive(Clone, Copy)]
enum Of {
    Address(VerificationPurpose),
    Reset,
}

impl MailedProof {
    /// What a notification asks for; `None` where there is nobody, or nothing any more, to ask for it.
    pub(crate) async fn of(notification: &Notification, records: &dyn Records) -> Result<Option<Self>, Error> {
        let of = match notification.kind {
            NotificationKind::Core(CoreNotification::VerifyEmail) => Of::Address(VerificationPurpose::Confirm),
            NotificationKind::Core(CoreNotification::ChangeEmail) => Of::Address(VerificationPurpose::Change),
            NotificationKind::Core(CoreNotification::ResetPassword) => Of::Reset,
            NotificationKind::Core(_) | NotificationKind::Plugin(_) => return Ok(None),
        };
        let Some(user) = addressee(notification, records).await? else { return Ok(None) };
        let to = match of {
            Of::Address(VerificationPurpose::Confirm) if user.email_verified => return Ok(None),
            Of::Address(VerificationPurpose::Change) => {
                let email: Email =
                    notification.recipient.parse().map_err(|_| Error::internal("a queued address does not parse"))?;
                let holder = records.user_by_email(&notification.scope, &email).await?;
                if holder.is_some_and(|holder| holder.id != user.id) {
                    return Ok(None);
                }
                email.address().to_owned()
            }
            Of::Address(VerificationPurpose::Confirm) | Of::Reset => user.email,
        };
        Ok(Some(Self { user: user.id, to, of }))
    }

    /// The token; `None` where it was used, or voided, or the addressee is gone.
    pub(crate) async fn token(
        &self,
        foundation: &Foundation,
        environment: &ActiveEnvironment,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<Option<Token>, Error> {
        let store = &foundation.store;
        let codes = TestCodes::of(&environment.environment, &environment.settings);
        let token = match codes.and_then(|codes| self.known(codes)) {
            Some(known) => known,
            None => {
                let random = tokens::mailed(&foundation.keys.mail, self.kind(), &self.row(notification));
                let hash = random.hash();
                let written = store
                    .transaction(|tx| async move { self.write(foundation, notification, hash, now, &*tx).await })
                    .await;
                match written {
                    // The user, or the notification itself, was erased meanwhile.
                    Err(StoreError::Reference { .. } | StoreError::NotFound { .. }) => return Ok(None),
                    written => written?,
                };
                random
            }
        };
        let is_open = self.is_open(&notification.scope, &token.hash(), now, &**store).await?;
        Ok(is_open.then_some(token))
    }

    const fn kind(&self) -> Mailed {
        match self.of {
            Of::Address(_) => Mailed::Verification,
            Of::Reset => Mailed::Reset,
        }
    }

    pub(crate) fn known(&self, codes: TestCodes) -> Option<Token> {
        let email = self.to.parse().ok()?;
        codes.token(self.kind().prefix(), &email)
    }

    /// The id of the row of a notification's token.
    fn row(&self, notification: &Notification) -> String {
        let ulid = notification.id.ulid();
        match self.of {
            Of::Address(_) => VerificationId::from_ulid(ulid).to_string(),
            Of::Reset => PasswordResetId::from_ulid(ulid).to_string(),
        }
    }

    /// Writes the row of a notification's token where it has none and no other has this token.
    pub(crate) async fn write(
        &self,
        foundation: &Foundation,
        notification: &Notification,
        token_hash: TokenHash,
        created_at: Timestamp,
        tx: &dyn StoreTx,
    ) -> Result<(), StoreError> {
        let (scope, user_id, ulid) = (notification.scope, self.user, notification.id.ulid());
        let config = &foundation.config;
        match self.of {
            Of::Address(purpose) => {
                let verification = Verification {
                    id: VerificationId::from_ulid(ulid),
                    scope,
                    user_id,
                    purpose,
                    email: self.to.clone(),
                    token_hash,
                    created_at,
                    expires_at: created_at.plus(config.verification_token_ttl.duration()),
                    consumed_at: None,
                };
                verification.insert_if_absent(&scope, tx).await?
            }
            Of::Reset => {
                let reset = PasswordReset {
                    id: PasswordResetId::from_ulid(ulid),
                    scope,
                    user_id,
                    token_hash,
                    created_at,
                    expires_at: created_at.plus(config.reset_token_ttl.duration()),
                    consumed_at: None,
                };
                reset.insert_if_absent(&scope, tx).await?
            }
        };
        // The notification is erased with the user.
        let update = Notification::update(&scope).filter(Notification::ID.eq(notification.id));
        update.set(Notification::USER_ID, Some(user_id)).existing(tx).await.map(|_| ())
    }

    /// Deletes the row that has this token.
    pub(crate) async fn void(&self, scope: &Scope, hash: &TokenHash, tx: &dyn StoreTx) -> Result<(), StoreError> {
        match self.of {
            Of::Address(_) => {
                Verification::delete(scope).filter(Verification::TOKEN_HASH.eq(hash)).batch(1, tx).await?
            }
            Of::Reset => PasswordReset::delete(scope).filter(PasswordReset::TOKEN_HASH.eq(hash)).batch(1, tx).await?,
        };
        Ok(())
    }

    /// Whether this token is neither used nor expired.
    async fn is_open(
        &self,
        scope: &Scope,
        hash: &TokenHash,
        now: Timestamp,
        records: &dyn Records,
    ) -> Result<bool, StoreError> {
        Ok(match self.of {
            Of::Address(_) => {
                let found = records.verification_by_token(scope, hash).await?;
                found.is_some_and(|row| row.consumed_at.is_none() && now < row.expires_at)
            }
            Of::Reset => {
                let found = records.password_reset_by_token(scope, hash).await?;
                found.is_some_and(|row| row.consumed_at.is_none() && now < row.expires_at)
            }
        })
    }
}

/// Whom a notification is for: the user it names, else the one who has its address.
pub(crate) async fn addressee(notification: &Notification, records: &dyn Records) -> Result<Option<User>, StoreError> {
    let scope = &notification.scope;
    match notification.user_id {
        Some(id) => records.user(scope, id).await,
        None => {
            let find = User::find(scope).filter(User::EMAIL_KEY.eq(&notification.recipient));
            find.filter(User::DELETED_AT.is_null()).one(records).await
        }
    }
}
