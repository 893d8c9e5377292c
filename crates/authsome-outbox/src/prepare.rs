//! From a notification to a mail: its recipient and its text.

use authsome_context::Foundation;
use authsome_core::entity::Entity;
use authsome_core::environment::EnvironmentType;
use authsome_core::error::Error;
use authsome_core::identity::Email;
use authsome_core::mail::Mail;
use authsome_core::notification::{CoreNotification, Notification, NotificationKind};
use authsome_core::plugin::{DueNotice, Letter, Links};
use authsome_core::route::ActiveEnvironment;
use authsome_core::time::Timestamp;

use crate::compose;
use crate::proof::{MailedProof, addressee};

/// The mail that a notification asks for; `None` where there is nobody, or nothing any more, to send it for.
pub(crate) async fn prepare(
    foundation: &Foundation,
    notification: &Notification,
    now: Timestamp,
) -> Result<Option<Mail>, Error> {
    let Some(environment) = foundation.environment_of_scope(notification.scope).await? else {
        return Ok(None);
    };
    let prepared = match &notification.kind {
        NotificationKind::Plugin(name) => by_plugin(foundation, &environment, notification, name, now).await?,
        NotificationKind::Core(kind) => by_core(foundation, &environment, notification, *kind, now).await?,
    };
    let Some((to, letter)) = prepared else {
        return Ok(None);
    };
    let app = foundation.store.app(notification.scope.app_id).await?;
    let name = app.map_or_else(String::new, |app| app.name);
    Ok(Some(compose::mail(to, letter, &name, marker(&environment))))
}

/// What core says, and to whom.
async fn by_core(
    foundation: &Foundation,
    environment: &ActiveEnvironment,
    notification: &Notification,
    kind: CoreNotification,
    now: Timestamp,
) -> Result<Option<(String, Letter)>, Error> {
    let store = &*foundation.store;
    let (to, token) = match kind {
        CoreNotification::VerifyEmail | CoreNotification::ChangeEmail | CoreNotification::ResetPassword => {
            let Some(proof) = MailedProof::of(notification, store).await? else { return Ok(None) };
            let token = proof.token(foundation, environment, notification, now).await?;
            let Some(token) = token else { return Ok(None) };
            (proof.to, Some(token))
        }
        CoreNotification::AccountExists | CoreNotification::PasswordChanged => {
            let Some(user) = addressee(notification, store).await? else { return Ok(None) };
            (user.email, None)
        }
        CoreNotification::EmailChanged => (notification.recipient.clone(), None),
    };
    Ok(Some((to, compose::letter(kind, token.as_ref(), &foundation.config))))
}

/// What a plugin says, and to whom: the account's address, else the one that was given, where the kind of mail reaches
/// addresses without an account.
async fn by_plugin(
    foundation: &Foundation,
    environment: &ActiveEnvironment,
    notification: &Notification,
    name: &str,
    now: Timestamp,
) -> Result<Option<(String, Letter)>, Error> {
    let Some(kind) = foundation.plugins.notice(name) else {
        tracing::warn!(kind = name, "a mail is dropped: its plugin is missing in this program");
        return Ok(None);
    };
    let store = &*foundation.store;
    let user = match notification.recipient.parse::<Email>() {
        Ok(email) if notification.user_id.is_none() => store.user_by_email(&notification.scope, &email).await?,
        _ => addressee(notification, store).await?,
    };
    let is_stranger = user.is_none() && notification.user_id.is_none();
    if user.is_none() && !(is_stranger && kind.reaches_strangers()) {
        return Ok(None);
    }
    if let (Some(user), None) = (&user, notification.user_id) {
        // The notification is erased with its user.
        let update = Notification::update(&notification.scope).filter(Notification::ID.eq(notification.id));
        update.set(Notification::USER_ID, Some(user.id)).one(store).await?;
    }
    let links = Links::new(&foundation.config.public_url);
    let due = DueNotice { notification, user: user.as_ref(), environment, store, links, now };
    let letter = kind.letter(&due).await?;
    Ok(letter.map(|letter| (user.map_or_else(|| notification.recipient.clone(), |user| user.email), letter)))
}

/// The mark before the subject, which distinguishes mails of tests from real ones.
fn marker(environment: &ActiveEnvironment) -> Option<&str> {
    let environment = &environment.environment;
    (environment.kind != EnvironmentType::Production).then_some(environment.slug.as_str())
}
