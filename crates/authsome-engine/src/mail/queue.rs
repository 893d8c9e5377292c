//! [`Outbox`]: putting notifications into the queue.

use authsome_context::EnvironmentContext;
use authsome_core::entity::Entity;
use authsome_core::entropy::EntropyError;
use authsome_core::error::Error;
use authsome_core::id::{NotificationId, TypedId, UserId};
use authsome_core::notification::{Notification, NotificationKind, NotificationStatus};
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::time::Timestamp;

use super::proof::Proof;

/// An environment's queue of mails.
pub(crate) struct Outbox<'a> {
    at: &'a EnvironmentContext,
}

impl<'a> Outbox<'a> {
    pub(crate) const fn new(at: &'a EnvironmentContext) -> Self {
        Self { at }
    }

    /// A notification that is due at once, to be inserted in the transaction of what it is about.
    pub(crate) fn notification(
        &self,
        now: Timestamp,
        kind: NotificationKind,
        user_id: Option<UserId>,
        recipient: String,
    ) -> Result<Notification, EntropyError> {
        Ok(Notification {
            id: NotificationId::generate(now, self.at.entropy())?,
            scope: self.at.scope(),
            user_id,
            kind,
            recipient,
            status: NotificationStatus::Pending,
            attempts: 0,
            due_at: Some(now),
            last_error: None,
            created_at: now,
            sent_at: None,
        })
    }

    /// Queues a notification and wakes the job that works it off.
    pub(crate) async fn queue(
        &self,
        kind: NotificationKind,
        user: Option<UserId>,
        recipient: String,
    ) -> Result<(), Error> {
        let notification = &self.notification(self.at.now(), kind, user, recipient)?;
        let scope = &self.at.scope();
        if self.at.test_codes().is_none() {
            notification.insert(scope, self.at.store()).await?;
        } else {
            let queued = self.at.store().transaction(|tx| async move {
                notification.insert(scope, &*tx).await?;
                self.issue_known(notification, &*tx).await
            });
            queued.await?;
        }
        self.at.foundation().wakers.mail.wake();
        Ok(())
    }

    /// Writes the token of a notification that was just queued, where it is known beforehand.
    pub(crate) async fn issue_known(&self, notification: &Notification, tx: &dyn StoreTx) -> Result<(), Error> {
        let Some(codes) = self.at.test_codes() else { return Ok(()) };
        let Some(proof) = Proof::of(notification, tx).await? else { return Ok(()) };
        let Some(token) = proof.known(codes) else { return Ok(()) };
        let hash = token.hash();
        proof.void(&notification.scope, &hash, tx).await?;
        // Where the same token was issued at the same moment, that one stays.
        Ok(proof.write(self.at.foundation(), notification, hash, notification.created_at, tx).await?)
    }
}
