//! [`UserData`]: what a plugin stores about users.

use async_trait::async_trait;

use crate::error::Error;
use crate::id::UserId;
use crate::records::Records;
use crate::scope::Scope;

/// What a plugin stores about users.
#[async_trait]
pub trait UserData: Send + Sync {
    /// Everything about a user that the user may see, as a JSON object; secrets are left out.
    ///
    /// # Errors
    /// Those of the store.
    async fn export(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<serde_json::Value, Error>;

    /// Removes unused proofs that were sent to a user, such as a mailed link. Part of the transactions that void core's
    /// mailed tokens: a password is reset or set by an administrator, an address changes, an account is deleted.
    ///
    /// # Errors
    /// Those of the store.
    async fn void_proofs(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error> {
        let _ = (records, scope, user);
        Ok(())
    }

    /// Removes everything about a user. Part of the transaction that erases the user.
    ///
    /// # Errors
    /// Those of the store.
    async fn erase(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error>;
}
