//! [`Wakers`]: services wake, jobs listen.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes one job. Clones wake the same one.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// Says that there is something to do.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits until there is something to do.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}

/// The wakers of the jobs that services wake.
#[derive(Debug, Default)]
pub struct Wakers {
    /// A mail was queued.
    pub mail: Waker,
    /// An environment was deleted.
    pub emptying: Waker,
}
