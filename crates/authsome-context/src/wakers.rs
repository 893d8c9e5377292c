//! [`Wakers`]: services wake jobs with them.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes one job. Clones wake the same one.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// Wakes the job.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits until the job is woken.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}

/// The wakers of all jobs that services wake.
#[derive(Debug, Default)]
pub struct Wakers {
    /// A mail was queued.
    pub mail: Waker,
    /// An environment was deleted.
    pub emptying: Waker,
}
