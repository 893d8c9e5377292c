//! [`Method`]: a way of signing in.

use async_trait::async_trait;

use crate::error::Error;
use crate::records::Records;
use crate::user::User;

/// A way of signing in.
#[async_trait]
pub trait Method: Send + Sync {
    /// Name in `allowed_auth_methods` and in a session's `method`: in `snake_case`, at most 64 characters, unique among
    /// the plugins of an engine.
    fn name(&self) -> &'static str;

    /// Whether this user can sign in with it now: the user has a password, a passkey, an address to mail to. A user's
    /// last method is never removed.
    ///
    /// # Errors
    /// Those of the store.
    async fn is_available(&self, user: &User, records: &dyn Records) -> Result<bool, Error>;
}
