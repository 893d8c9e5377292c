//! [`NotificationStore`].

use async_trait::async_trait;

use super::{Notification, NotificationStatus};
use crate::entity::{Entity, Listed, Page, Update};
use crate::error::StoreError;
use crate::id::{NotificationId, UserId};
use crate::records::Records;
use crate::scope::Scope;
use crate::time::Timestamp;

/// The queue of notifications and their delivery status.
#[async_trait]
pub trait NotificationStore: Records {
    /// Queues a notification.
    ///
    /// # Errors
    /// [`StoreError::Conflict`].
    async fn create_notification(&self, scope: &Scope, notification: &Notification) -> Result<(), StoreError> {
        notification.insert(scope, self).await
    }

    /// The notification with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn notification(&self, scope: &Scope, id: NotificationId) -> Result<Option<Notification>, StoreError> {
        Notification::find(scope).filter(Notification::ID.eq(id)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the notification as it was read: what others changed
    /// since stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn update_notification(
        &self,
        scope: &Scope,
        before: &Notification,
        after: &Notification,
    ) -> Result<Notification, StoreError> {
        let update = Notification::update(scope).filter(Notification::ID.eq(before.id));
        update.set_changed(before, after).existing(self).await
    }

    /// Takes a due notification to send it: it is due again at `until`, and one more attempt is counted. Of callers at
    /// once, one gets it. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn claim_notification(
        &self,
        scope: &Scope,
        id: NotificationId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Notification>, StoreError> {
        Notification::update(scope)
            .filter(Notification::ID.eq(id))
            .filter(Notification::DUE_AT.le(now))
            .set(Notification::DUE_AT, Some(until))
            .increment(Notification::ATTEMPTS, 1)
            .one(self)
            .await
    }

    /// Ends the way of a claimed notification through the queue. `None` where it is gone, or where somebody else claimed
    /// it since: what became of it is theirs to say. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn finish_notification(
        &self,
        scope: &Scope,
        claimed: &Notification,
        status: NotificationStatus,
        error: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Notification>, StoreError> {
        let sent_at = (status == NotificationStatus::Sent).then_some(now);
        held(scope, claimed)
            .set(Notification::STATUS, status)
            .set(Notification::LAST_ERROR, error)
            .set(Notification::DUE_AT, None)
            .set(Notification::SENT_AT, sent_at)
            .one(self)
            .await
    }

    /// Has a claimed notification tried again at `due_at`. `None` as in
    /// [`finish_notification`](Self::finish_notification). One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn postpone_notification(
        &self,
        scope: &Scope,
        claimed: &Notification,
        error: Option<String>,
        due_at: Timestamp,
    ) -> Result<Option<Notification>, StoreError> {
        let update = held(scope, claimed).set(Notification::DUE_AT, Some(due_at));
        update.set(Notification::LAST_ERROR, error).one(self).await
    }

    /// Deletes a notification.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_notification(&self, scope: &Scope, id: NotificationId) -> Result<(), StoreError> {
        Notification::delete(scope).by_id(&id, self).await
    }

    /// Deletes a batch of a user's notifications; says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_user_notifications(&self, scope: &Scope, user: UserId, limit: u32) -> Result<u64, StoreError> {
        Notification::delete(scope).filter(Notification::USER_ID.eq(user)).batch(limit, self).await
    }

    /// A page of notifications, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_notifications(
        &self,
        scope: &Scope,
        page: Page<NotificationId>,
    ) -> Result<Listed<Notification>, StoreError> {
        Notification::find(scope).page(page, self).await
    }

    /// A page of the notifications for a user, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_user_notifications(
        &self,
        scope: &Scope,
        user: UserId,
        page: Page<NotificationId>,
    ) -> Result<Listed<Notification>, StoreError> {
        Notification::find(scope).filter(Notification::USER_ID.eq(user)).page(page, self).await
    }
}

/// A change of a notification that is still in the queue under the claim that counted this attempt.
fn held(scope: &Scope, claimed: &Notification) -> Update<Notification> {
    Notification::update(scope)
        .filter(Notification::ID.eq(claimed.id))
        .filter(Notification::ATTEMPTS.eq(claimed.attempts))
        .filter(Notification::DUE_AT.is_not_null())
}

impl<R: Records + ?Sized> NotificationStore for R {}
