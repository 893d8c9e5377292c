//! From a notification to a mail: whom it goes to, and the token in it.
//!
//! A row of a mailed token has the same ULID as its notification, so that a mail that is tried again carries the same
//! token. The token itself is derived from the row's id and stored as a hash alone.

use authsome_core::account::{PasswordReset, Verification, VerificationPurpose};
use authsome_core::entity::Entity;
use authsome_core::environment::EnvironmentType;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{PasswordResetId, TypedId, UserId, VerificationId};
use authsome_core::identity::Email;
use authsome_core::mail::Mail;
use authsome_core::notification::{Notification, NotificationKind};
use authsome_core::route::ActiveEnvironment;
use authsome_core::secret::Token;
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::time::Timestamp;
use authsome_core::user::User;

use super::compose::{self, Letter};
use crate::engine::Engine;
use crate::tokens::{self, Mailed};

/// The mail that a notification asks for; `None` where there is nobody, or nothing any more, to send it for.
pub(super) async fn prepare(
    engine: &Engine,
    notification: &Notification,
    now: Timestamp,
) -> Result<Option<Mail>, Error> {
    let Some(environment) = engine.environment_of_scope(notification.scope).await? else {
        return Ok(None);
    };
    let prepared = match notification.kind {
        NotificationKind::VerifyEmail => verify(engine, notification, now).await?,
        NotificationKind::ChangeEmail => change(engine, notification, now).await?,
        NotificationKind::ResetPassword => reset(engine, notification, now).await?,
        NotificationKind::AccountExists => to_stored(engine, notification, Letter::AccountExists).await?,
        NotificationKind::PasswordChanged => to_stored(engine, notification, Letter::PasswordChanged).await?,
        NotificationKind::EmailChanged => Some((notification.recipient.clone(), Letter::EmailChanged)),
    };
    let Some((to, letter)) = prepared else {
        return Ok(None);
    };
    let app = engine.store().app(notification.scope.app_id).await?;
    let name = app.map_or_else(String::new, |app| app.name);
    let config = &engine.inner().config;
    Ok(Some(compose::mail(to, &letter, &name, marker(&environment), config)))
}

/// What the subject begins with, so that nobody takes a trial for the real thing.
fn marker(environment: &ActiveEnvironment) -> Option<&str> {
    let environment = &environment.environment;
    (environment.kind != EnvironmentType::Production).then_some(environment.slug.as_str())
}

type Prepared = Option<(String, Letter)>;

/// Whom a notification is for: the user it names, else the one who has its address.
async fn addressee(engine: &Engine, notification: &Notification) -> Result<Option<User>, StoreError> {
    let scope = &notification.scope;
    match notification.user_id {
        Some(id) => engine.store().user(scope, id).await,
        None => {
            let find = User::find(scope).filter(User::EMAIL_KEY.eq(&notification.recipient));
            find.filter(User::DELETED_AT.is_null()).one(&**engine.store()).await
        }
    }
}

async fn to_stored(engine: &Engine, notification: &Notification, letter: Letter) -> Result<Prepared, Error> {
    Ok(addressee(engine, notification).await?.map(|user| (user.email, letter)))
}

async fn verify(engine: &Engine, notification: &Notification, now: Timestamp) -> Result<Prepared, Error> {
    let Some(user) = addressee(engine, notification).await?.filter(|user| !user.email_verified) else {
        return Ok(None);
    };
    let purpose = VerificationPurpose::Confirm;
    let Some(token) = verification(engine, notification, purpose, user.id, &user.email, now).await? else {
        return Ok(None);
    };
    Ok(Some((user.email, Letter::VerifyEmail { token })))
}

async fn change(engine: &Engine, notification: &Notification, now: Timestamp) -> Result<Prepared, Error> {
    let scope = &notification.scope;
    let Some(user) = addressee(engine, notification).await? else {
        return Ok(None);
    };
    let email: Email =
        notification.recipient.parse().map_err(|_| Error::internal("a queued address does not parse"))?;
    let holder = engine.store().user_by_email(scope, &email).await?;
    if holder.is_some_and(|holder| holder.id != user.id) {
        return Ok(None);
    }
    let purpose = VerificationPurpose::Change;
    let Some(token) = verification(engine, notification, purpose, user.id, email.address(), now).await? else {
        return Ok(None);
    };
    Ok(Some((email.address().to_owned(), Letter::ChangeEmail { token })))
}

async fn verification(
    engine: &Engine,
    notification: &Notification,
    purpose: VerificationPurpose,
    user: UserId,
    email: &str,
    now: Timestamp,
) -> Result<Option<Token>, Error> {
    let inner = engine.inner();
    let scope = &notification.scope;
    let id = VerificationId::from_ulid(notification.id.ulid());
    let token = tokens::mailed(&inner.keys.mail, Mailed::Verification, &id.to_string());
    let row = &Verification {
        id,
        scope: *scope,
        user_id: user,
        purpose,
        email: email.to_owned(),
        token_hash: token.hash(),
        created_at: now,
        expires_at: now.plus(inner.config.verification_token_ttl.duration()),
        consumed_at: None,
    };
    let stored = inner
        .store
        .transaction(|tx| async move {
            row.insert_if_absent(scope, &*tx).await?;
            name_user(notification, user, &*tx).await?;
            tx.verification(scope, id).await
        })
        .await;
    let is_open = still_there(stored)?.is_some_and(|row| row.consumed_at.is_none() && now < row.expires_at);
    Ok(is_open.then_some(token))
}

async fn reset(engine: &Engine, notification: &Notification, now: Timestamp) -> Result<Prepared, Error> {
    let Some(user) = addressee(engine, notification).await? else {
        return Ok(None);
    };
    let inner = engine.inner();
    let scope = &notification.scope;
    let id = PasswordResetId::from_ulid(notification.id.ulid());
    let token = tokens::mailed(&inner.keys.mail, Mailed::Reset, &id.to_string());
    let row = &PasswordReset {
        id,
        scope: *scope,
        user_id: user.id,
        token_hash: token.hash(),
        created_at: now,
        expires_at: now.plus(inner.config.reset_token_ttl.duration()),
        consumed_at: None,
    };
    let user_id = user.id;
    let stored = inner
        .store
        .transaction(|tx| async move {
            row.insert_if_absent(scope, &*tx).await?;
            name_user(notification, user_id, &*tx).await?;
            tx.password_reset(scope, id).await
        })
        .await;
    let is_open = still_there(stored)?.is_some_and(|row| row.consumed_at.is_none() && now < row.expires_at);
    Ok(is_open.then_some((user.email, Letter::ResetPassword { token })))
}

/// Notes whom a notification is for, so that it is erased with the user.
async fn name_user(notification: &Notification, user: UserId, tx: &dyn StoreTx) -> Result<(), StoreError> {
    let update = Notification::update(&notification.scope).filter(Notification::ID.eq(notification.id));
    update.set(Notification::USER_ID, Some(user)).existing(tx).await.map(|_| ())
}

/// A user, or the notification itself, that was erased meanwhile leaves nothing to send.
fn still_there<T>(stored: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match stored {
        Err(StoreError::Reference { .. } | StoreError::NotFound { .. }) => Ok(None),
        stored => stored,
    }
}
