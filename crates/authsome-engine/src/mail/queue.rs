//! [`Outbox`]: putting notifications into the queue.

use authsome_context::EnvironmentContext;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::notification::{CoreNotification, Notification};
use authsome_core::store::{StoreTx, Transactions};

use super::proof::MailedProof;

/// An environment's queue of mails.
pub(crate) struct Outbox<'a> {
    at: &'a EnvironmentContext,
}

impl<'a> Outbox<'a> {
    pub(crate) const fn new(at: &'a EnvironmentContext) -> Self {
        Self { at }
    }

    /// Queues a notification and wakes the delivery job.
    pub(crate) async fn queue(
        &self,
        kind: CoreNotification,
        user: Option<UserId>,
        recipient: String,
    ) -> Result<(), Error> {
        let notification = &self.at.notification(self.at.now(), kind.into(), user, recipient)?;
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

    /// Writes the test code of a notification that was just queued, if it has one.
    pub(crate) async fn issue_known(&self, notification: &Notification, tx: &dyn StoreTx) -> Result<(), Error> {
        let Some(codes) = self.at.test_codes() else { return Ok(()) };
        let Some(proof) = MailedProof::of(notification, tx).await? else { return Ok(()) };
        let Some(token) = proof.known(codes) else { return Ok(()) };
        let hash = token.hash();
        proof.void(&notification.scope, &hash, tx).await?;
        // If the same code was issued at the same moment, that row stays.
        Ok(proof.write(self.at.foundation(), notification, hash, notification.created_at, tx).await?)
    }
}
