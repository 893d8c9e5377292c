//! Putting notifications into the queue.

use authsome_core::entity::Entity;
use authsome_core::entropy::EntropyError;
use authsome_core::error::Error;
use authsome_core::id::{NotificationId, TypedId, UserId};
use authsome_core::notification::{Notification, NotificationKind, NotificationStatus};
use authsome_core::store::Transactions;
use authsome_core::time::Timestamp;

use crate::environment::EnvironmentHandle;

impl EnvironmentHandle {
    /// A notification that is due at once, to be inserted in the transaction of what it is about.
    pub(crate) fn notification(
        &self,
        now: Timestamp,
        kind: NotificationKind,
        user_id: Option<UserId>,
        recipient: String,
    ) -> Result<Notification, EntropyError> {
        Ok(Notification {
            id: NotificationId::generate(now, &*self.engine().inner().entropy)?,
            scope: self.scope(),
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
        let notification = &self.notification(self.now(), kind, user, recipient)?;
        let scope = &self.scope();
        if self.test_codes().is_none() {
            notification.insert(scope, self.store()).await?;
        } else {
            let queued = self.store().transaction(|tx| async move {
                notification.insert(scope, &*tx).await?;
                self.issue_known(notification, &*tx).await
            });
            queued.await?;
        }
        self.engine().wake_mail();
        Ok(())
    }
}
