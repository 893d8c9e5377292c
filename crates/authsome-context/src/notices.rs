//! Queueing mails: core's, and through the port [`Notices`] the plugins'.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::entropy::EntropyError;
use authsome_core::error::Error;
use authsome_core::id::{NotificationId, TypedId, UserId};
use authsome_core::notification::{Notification, NotificationKind, NotificationStatus};
use authsome_core::plugin::{Notices, Recipient};
use authsome_core::time::Timestamp;

use crate::environment::EnvironmentContext;

impl EnvironmentContext {
    /// A notification that is due at once, to insert in the transaction of the change that it tells about.
    ///
    /// # Errors
    /// Where randomness fails.
    pub fn notification(
        &self,
        now: Timestamp,
        kind: NotificationKind,
        user_id: Option<UserId>,
        recipient: String,
    ) -> Result<Notification, EntropyError> {
        Ok(Notification {
            id: NotificationId::generate(now, self.entropy())?,
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
}

#[async_trait]
impl Notices for EnvironmentContext {
    fn draft(&self, kind: &'static str, to: Recipient<'_>) -> Result<Notification, Error> {
        let declared = self.foundation().plugins.notice(kind);
        let declared = declared.ok_or_else(|| Error::internal(format!("no plugin declares the notice `{kind}`")))?;
        let (user, recipient) = match to {
            Recipient::User(id) => (Some(id), String::new()),
            // Without an account, mail can only go to the given address.
            Recipient::Address(email) if declared.reaches_strangers() => (None, email.address().to_owned()),
            Recipient::Address(email) => (None, email.key().to_owned()),
        };
        Ok(self.notification(self.now(), NotificationKind::Plugin(kind.into()), user, recipient)?)
    }

    fn wake(&self) {
        self.foundation().wakers.mail.wake();
    }

    async fn queue(&self, kind: &'static str, to: Recipient<'_>) -> Result<(), Error> {
        self.draft(kind, to)?.insert(&self.scope(), self.store()).await?;
        self.wake();
        Ok(())
    }
}
