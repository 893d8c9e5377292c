//! Notifications: the queue of mails to people, and their delivery.

mod entity;
mod kind;
mod store;

pub use entity::{Notification, NotificationStatus};
pub use kind::{CoreNotification, NotificationKind};
pub use store::NotificationStore;
