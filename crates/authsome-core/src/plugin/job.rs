//! [`Job`]: a plugin's background work.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::Error;
use crate::time::Timestamp;

/// Work that every process of the installation repeats in the background.
#[async_trait]
pub trait Job: Send + Sync {
    /// Name, for logs.
    fn name(&self) -> &'static str;

    /// How long to wait between runs.
    fn every(&self) -> Duration;

    /// One bounded run; says whether there is more to do at once.
    ///
    /// # Errors
    /// What failed; it is logged, and the job runs again later.
    async fn run(&self, now: Timestamp) -> Result<bool, Error>;
}
