//! Notifications: the queue of what is sent to people, and what became of it.

mod entity;
mod kind;
mod store;

pub use entity::{Notification, NotificationStatus};
pub use kind::{CoreNotification, NotificationKind};
pub use store::NotificationStore;
