//! [`PasswordMethod`]: the slot for passwords, which core's own flows use.

use async_trait::async_trait;

use crate::debug::unprinted;
use crate::environment::PasswordPolicy;
use crate::error::Error;
use crate::id::UserId;
use crate::records::Records;
use crate::scope::Scope;
use crate::secret::Password;
use crate::time::Timestamp;

/// A password's stored form, which only the method that made it understands.
#[derive(Clone)]
pub struct PasswordDigest(String);

impl PasswordDigest {
    /// For password methods.
    #[must_use]
    pub fn new(digest: String) -> Self {
        Self(digest)
    }

    /// For password methods.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

unprinted!(PasswordDigest);

/// Which of a user's passwords was verified: the one that was set so many times after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordGeneration(pub i64);

/// Sign-in with a password. The slow part is apart from the part that stores, so that no transaction waits for it.
#[async_trait]
pub trait PasswordMethod: Send + Sync {
    /// Checks a new password against a policy.
    ///
    /// # Errors
    /// `weak_password`, with everything that is missing.
    fn check(&self, policy: &PasswordPolicy, password: &Password) -> Result<(), Error>;

    /// Hashes a password. Takes long.
    ///
    /// # Errors
    /// `unavailable`, with when to try again, if too many are waiting.
    async fn hash(&self, password: &Password) -> Result<PasswordDigest, Error>;

    /// Stores a user's password in place of the previous one.
    ///
    /// # Errors
    /// Those of the store.
    async fn set(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: UserId,
        digest: &PasswordDigest,
        now: Timestamp,
    ) -> Result<(), Error>;

    /// Which of the user's passwords this is: the present one, or `None` for a wrong one. It takes the same time for a
    /// wrong password, for a user without a password, and for an unknown user.
    ///
    /// # Errors
    /// `unavailable`, with when to try again, if too many are waiting; those of the store.
    async fn verify(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: Option<UserId>,
        password: &Password,
    ) -> Result<Option<PasswordGeneration>, Error>;

    /// Whether the user's password is still the one that was verified. Asked in the transaction that relies on it, which
    /// also writes the user.
    ///
    /// # Errors
    /// Those of the store.
    async fn is_current(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: UserId,
        verified: PasswordGeneration,
    ) -> Result<bool, Error>;
}
