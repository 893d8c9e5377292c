//! How Authsome's mails leave: the queue of notifications, what they say, and the job that sends them.
//!
//! What lives here: [`Outbox`] queues a notification in the transaction of what it is about; [`deliver_due`] works the
//! queue off. What never does: a flow, which decides that somebody is to be told; the transport of a mail, which is a
//! [`Mailer`](authsome_core::mail::Mailer).
//!
//! To add a mail of core's, add its kind to [`CoreNotification`](authsome_core::notification::CoreNotification) and what it
//! says to `compose`. A plugin's mails are its own ([`NoticeKind`](authsome_core::plugin::NoticeKind)).

mod compose;
mod deliver;
mod prepare;
mod proof;
mod queue;

pub use deliver::deliver_due;
pub use queue::Outbox;
