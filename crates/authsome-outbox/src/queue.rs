//! [`Outbox`]: putting notifications into the queue.

use authsome_context::EnvironmentContext;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::notification::{CoreNotification, Notification};
use authsome_core::store::StoreTx;

use crate::proof::MailedProof;

/// An environment's queue of mails.
pub struct Outbox<'a> {
    at: &'a EnvironmentContext,
}

impl<'a> Outbox<'a> {
    /// The outbox of this environment.
    #[must_use]
    pub const fn new(at: &'a EnvironmentContext) -> Self {
        Self { at }
    }

    /// Queues a notification and wakes the job that works it off.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn queue(&self, kind: CoreNotification, user: Option<UserId>, recipient: String) -> Result<(), Error> {
        let notification = &self.at.notification(self.at.now(), kind.into(), user, recipient)?;
        let scope = &self.at.scope();
        if self.at.test_codes().is_none() {
            notification.insert(scope, self.at.store()).await?;
        } else {
            let queued = self.at.transaction(|tx| async move {
                notification.insert(scope, &*tx).await?;
                self.issue_known(notification, &*tx).await
            });
            queued.await?;
        }
        self.at.foundation().wakers.mail.wake();
        Ok(())
    }

    /// Writes the token of a notification that was just queued, where it is known beforehand. Part of its transaction.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn issue_known(&self, notification: &Notification, tx: &dyn StoreTx) -> Result<(), Error> {
        let Some(codes) = self.at.test_codes() else { return Ok(()) };
        let Some(proof) = MailedProof::of(notification, tx).await? else { return Ok(()) };
        let Some(token) = proof.known(codes) else { return Ok(()) };
        let hash = token.hash();
        proof.void(&notification.scope, &hash, tx).await?;
        // If the same code was issued at the same moment, that row stays.
        Ok(proof.write(self.at.foundation(), notification, hash, notification.created_at, tx).await?)
    }
}
