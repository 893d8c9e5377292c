//! [`Notification`].

use super::NotificationKind;
use crate::authenticator::Queued;
use crate::entity::{Column, Entity};
use crate::environment::Environment;
use crate::id::{NotificationId, UserId};
use crate::scope::Scope;
use crate::text_enum;
use crate::time::Timestamp;

text_enum! {
    /// The state of a notification.
    pub enum NotificationStatus {
        /// It waits to be sent.
        Pending = "pending",
        /// It was handed over.
        Sent = "sent",
        /// It had no recipient.
        Dropped = "dropped",
        /// It could not be sent.
        Failed = "failed",
    }
}

/// Something to be sent to a person. It holds no secret: a token that it carries is derived when it is sent.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_notifications", scope = PerEnvironment)]
#[index(name = "authsome_notifications_due_idx", columns(due_at), global)]
#[index(name = "authsome_notifications_user_idx", columns(user_id, id))]
#[index(name = "authsome_notifications_recipient_idx", columns(recipient, id))]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct Notification {
    /// Id.
    #[entity(id)]
    pub id: NotificationId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The user that it is for, if known when it is queued.
    pub user_id: Option<UserId>,
    /// Its kind.
    #[entity(max_len = 64)]
    pub kind: NotificationKind,
    /// The address that it concerns. Mail goes to the address that is stored with the user.
    #[entity(max_len = 254)]
    pub recipient: String,
    /// Its state.
    #[entity(max_len = 32)]
    pub status: NotificationStatus,
    /// How often sending was tried.
    pub attempts: u32,
    /// When it may be sent; `None` when it is done.
    pub due_at: Option<Timestamp>,
    /// Why the last try failed, in words without secrets.
    #[entity(max_len = 500)]
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
}

impl Queued for Notification {
    const DUE: Column<Self, Option<Timestamp>> = Self::DUE_AT;
}
