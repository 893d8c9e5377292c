//! The job that delivers queued notifications.
//!
//! A notification is claimed for a minute, so that of any number of processes one sends it, and another one takes over
//! from a process that died. After a failure, the mail is tried again; the pause doubles each time.

use std::time::Duration;

use authsome_context::Foundation;
use authsome_core::authenticator;
use authsome_core::error::{Code, Error};
use authsome_core::mail::MailError;
use authsome_core::notification::{Notification, NotificationStatus};
use authsome_core::time::Timestamp;
use futures::StreamExt;

use crate::prepare::prepare;

/// How long a claim holds.
const LEASE: Duration = Duration::from_secs(60);
/// How long handing a mail over may take: less than the claim holds.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a notification is tried.
const TRIES: u32 = 8;
/// The pause after the first failure.
const PAUSE: Duration = Duration::from_secs(10);
/// How many notifications one run takes.
const BATCH: u32 = 20;
/// How many of them at once.
const AT_ONCE: usize = 4;
/// Longest stored reason of a failure, in characters.
const ERROR_LENGTH: usize = 500;

enum Tried {
    Sent,
    Dropped,
    Failed(String),
    Again(String),
}

/// Works off what is due; says whether there may be more.
///
/// # Errors
/// `unavailable`.
pub async fn deliver_due(foundation: &Foundation) -> Result<bool, Error> {
    let due = authenticator::due::<Notification>(foundation.now(), BATCH, &*foundation.store).await?;
    let is_full = u32::try_from(due.len()).is_ok_and(|count| count == BATCH);
    let deliveries = due.into_iter().map(|notification| deliver(foundation, notification));
    let results: Vec<_> = futures::stream::iter(deliveries).buffer_unordered(AT_ONCE).collect().await;
    results.into_iter().collect::<Result<(), Error>>()?;
    Ok(is_full)
}

async fn deliver(foundation: &Foundation, due: Notification) -> Result<(), Error> {
    let store = &*foundation.store;
    let now = foundation.now();
    let Some(claimed) = store.claim_notification(&due.scope, due.id, now, now.plus(LEASE)).await? else {
        return Ok(());
    };
    let tried = match try_once(foundation, &claimed, now).await {
        Ok(tried) => tried,
        // It is due again when the claim ends; the outage of the store is not a failure of this mail.
        Err(error) if error.code() == Code::Unavailable => return Err(error),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a mail could not be made");
            Tried::Again("the mail could not be made".to_owned())
        }
    };
    let now = foundation.now();
    let (status, error) = match tried {
        Tried::Sent => (NotificationStatus::Sent, None),
        Tried::Dropped => (NotificationStatus::Dropped, None),
        Tried::Failed(reason) => (NotificationStatus::Failed, Some(reason)),
        Tried::Again(reason) if claimed.attempts >= TRIES => (NotificationStatus::Failed, Some(reason)),
        Tried::Again(reason) => return postpone(foundation, &claimed, reason, now).await,
    };
    if let Some(reason) = &error {
        tracing::error!(notification = %claimed.id, reason, "a mail could not be sent");
    }
    // It was erased meanwhile, or this claim ended and another process claimed it: nothing to do.
    store.finish_notification(&claimed.scope, &claimed, status, error, now).await?;
    Ok(())
}

async fn try_once(foundation: &Foundation, claimed: &Notification, now: Timestamp) -> Result<Tried, Error> {
    let Some(mailer) = &foundation.mailer else {
        return Ok(Tried::Failed("no mailer is configured".to_owned()));
    };
    let Some(mail) = prepare(foundation, claimed, now).await? else {
        return Ok(Tried::Dropped);
    };
    Ok(match tokio::time::timeout(PATIENCE, mailer.send(&mail)).await {
        Ok(Ok(())) => Tried::Sent,
        Ok(Err(MailError::Permanent { reason })) => Tried::Failed(cut(&reason)),
        Ok(Err(MailError::Temporary { reason })) => Tried::Again(cut(&reason)),
        Err(_) => Tried::Again("the mailer did not answer in time".to_owned()),
    })
}

async fn postpone(
    foundation: &Foundation,
    claimed: &Notification,
    reason: String,
    now: Timestamp,
) -> Result<(), Error> {
    let pause = PAUSE * 2_u32.saturating_pow(claimed.attempts.saturating_sub(1));
    tracing::warn!(notification = %claimed.id, reason, "a mail was not sent and is tried again");
    let due_at = now.plus(pause);
    foundation.store.postpone_notification(&claimed.scope, claimed, Some(reason), due_at).await?;
    Ok(())
}

/// The stored form of a reason.
fn cut(reason: &str) -> String {
    reason.chars().filter(|c| *c != '\0').take(ERROR_LENGTH).collect()
}
