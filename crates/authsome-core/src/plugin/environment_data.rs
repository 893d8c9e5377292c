//! [`EnvironmentData`]: what a plugin stores about environments.

use async_trait::async_trait;

use crate::error::Error;
use crate::scope::Scope;
use crate::store::StoreTx;
use crate::time::Timestamp;

/// What a plugin stores about environments, apart from their users.
#[async_trait]
pub trait EnvironmentData: Send + Sync {
    /// Copies the environment's own rows into its clone: configuration, never users, sessions or keys. Part of the
    /// transaction that makes the clone.
    ///
    /// # Errors
    /// Those of the store.
    async fn copy(&self, from: &Scope, to: &Scope, now: Timestamp, tx: &dyn StoreTx) -> Result<(), Error>;
}
