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

use super::compose::{self, CoreMail};
use super::proof::{MailedProof, addressee};

/// The mail of a notification; `None` if it has no recipient, or is obsolete.
pub(super) async fn prepare(
    foundation: &Foundation,
    notification: &Notification,
    now: Timestamp,
) -> Result<Option<Mail>, Error> {
    let Some(environment) = foundation.environment_of_scope(notification.scope).await? else {
        return Ok(None);
    };
    let prepared = match &notification.kind {
        NotificationKind::Plugin(name) => by_plugin(foundation, &environment, notification, name, now).await?,
        NotificationKind::Core(kind) => {
            let subject = match kind {
                CoreNotification::VerifyEmail | CoreNotification::ChangeEmail | CoreNotification::ResetPassword => {
                    with_token(foundation, &environment, notification, now).await?
                }
                CoreNotification::AccountExists => to_stored(foundation, notification, CoreMail::AccountExists).await?,
                CoreNotification::PasswordChanged => {
                    to_stored(foundation, notification, CoreMail::PasswordChanged).await?
                }
                CoreNotification::EmailChanged => Some((notification.recipient.clone(), CoreMail::EmailChanged)),
            };
            subject.map(|(to, subject)| (to, compose::letter(&subject, &foundation.config)))
        }
    };
    let Some((to, letter)) = prepared else {
        return Ok(None);
    };
    let app = foundation.store.app(notification.scope.app_id).await?;
    let name = app.map_or_else(String::new, |app| app.name);
    Ok(Some(compose::mail(to, letter, &name, marker(&environment))))
}

/// A plugin's mail, to the account's address, else to the given address if the kind of mail allows one without an
/// account.
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

type Prepared = Option<(String, CoreMail)>;

async fn to_stored(foundation: &Foundation, notification: &Notification, subject: CoreMail) -> Result<Prepared, Error> {
    let addressee = addressee(notification, &*foundation.store).await?;
    Ok(addressee.map(|user| (user.email, subject)))
}

async fn with_token(
    foundation: &Foundation,
    environment: &ActiveEnvironment,
    notification: &Notification,
    now: Timestamp,
) -> Result<Prepared, Error> {
    let Some(proof) = MailedProof::of(notification, &*foundation.store).await? else { return Ok(None) };
    let token = proof.token(foundation, environment, notification, now).await?;
    Ok(token.map(|token| proof.letter(token)))
}
