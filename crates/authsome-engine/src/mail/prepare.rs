//! From a notification to a mail: whom it goes to, and what it says.

use authsome_context::Foundation;
use authsome_core::environment::EnvironmentType;
use authsome_core::error::Error;
use authsome_core::mail::Mail;
use authsome_core::notification::{CoreNotification, Notification};
use authsome_core::route::ActiveEnvironment;
use authsome_core::time::Timestamp;

use super::compose::{self, Letter};
use super::proof::{Proof, addressee};

/// The mail that a notification asks for; `None` where there is nobody, or nothing any more, to send it for.
pub(super) async fn prepare(
    foundation: &Foundation,
    notification: &Notification,
    now: Timestamp,
) -> Result<Option<Mail>, Error> {
    let Some(environment) = foundation.environment_of_scope(notification.scope).await? else {
        return Ok(None);
    };
    let prepared = match notification.kind {
        CoreNotification::VerifyEmail | CoreNotification::ChangeEmail | CoreNotification::ResetPassword => {
            with_token(foundation, &environment, notification, now).await?
        }
        CoreNotification::AccountExists => to_stored(foundation, notification, Letter::AccountExists).await?,
        CoreNotification::PasswordChanged => to_stored(foundation, notification, Letter::PasswordChanged).await?,
        CoreNotification::EmailChanged => Some((notification.recipient.clone(), Letter::EmailChanged)),
    };
    let Some((to, letter)) = prepared else {
        return Ok(None);
    };
    let app = foundation.store.app(notification.scope.app_id).await?;
    let name = app.map_or_else(String::new, |app| app.name);
    let config = &foundation.config;
    Ok(Some(compose::mail(to, &letter, &name, marker(&environment), config)))
}

/// What the subject begins with, so that nobody takes a trial for the real thing.
fn marker(environment: &ActiveEnvironment) -> Option<&str> {
    let environment = &environment.environment;
    (environment.kind != EnvironmentType::Production).then_some(environment.slug.as_str())
}

type Prepared = Option<(String, Letter)>;

async fn to_stored(foundation: &Foundation, notification: &Notification, letter: Letter) -> Result<Prepared, Error> {
    let addressee = addressee(notification, &*foundation.store).await?;
    Ok(addressee.map(|user| (user.email, letter)))
}

async fn with_token(
    foundation: &Foundation,
    environment: &ActiveEnvironment,
    notification: &Notification,
    now: Timestamp,
) -> Result<Prepared, Error> {
    let Some(proof) = Proof::of(notification, &*foundation.store).await? else { return Ok(None) };
    let token = proof.token(foundation, environment, notification, now).await?;
    Ok(token.map(|token| proof.letter(token)))
}
