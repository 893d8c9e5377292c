//! Notifications: the queue of what is sent to people, and what became of it.

mod entity;
mod store;

pub use entity::{Notification, NotificationKind, NotificationStatus};
pub use store::NotificationStore;
