//! Mail: the queue of notifications, their texts, and the job that sends them.

mod compose;
mod deliver;
mod prepare;
mod proof;
mod queue;

pub(crate) use deliver::deliver_due;
pub(crate) use queue::Outbox;
