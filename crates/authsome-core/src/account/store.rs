//! [`AccountStore`].

use async_trait::async_trait;

use super::{PasswordReset, Verification};
use crate::entity::Entity;
use crate::error::StoreError;
use crate::id::{PasswordResetId, UserId, VerificationId};
use crate::records::Records;
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::time::Timestamp;

/// E-mail verifications and password resets.
#[async_trait]
pub trait AccountStore: Records {
    /// Adds a verification.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`] where the user is gone.
    async fn create_verification(&self, scope: &Scope, verification: &Verification) -> Result<(), StoreError> {
        verification.insert(scope, self).await
    }

    /// The verification with this id, used or not.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn verification(&self, scope: &Scope, id: VerificationId) -> Result<Option<Verification>, StoreError> {
        Verification::find(scope).filter(Verification::ID.eq(id)).one(self).await
    }

    /// The verification with this token hash, used or not.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn verification_by_token(&self, scope: &Scope, hash: &TokenHash) -> Result<Option<Verification>, StoreError> {
        Verification::find(scope).filter(Verification::TOKEN_HASH.eq(hash)).one(self).await
    }

    /// Consumes a verification that is neither used nor expired. Of callers at once, one gets it. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn consume_verification(
        &self,
        scope: &Scope,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Verification>, StoreError> {
        Verification::update(scope)
            .filter(Verification::TOKEN_HASH.eq(hash))
            .filter(Verification::CONSUMED_AT.is_null())
            .filter(Verification::EXPIRES_AT.gt(now))
            .set(Verification::CONSUMED_AT, Some(now))
            .one(self)
            .await
    }

    /// Deletes a batch of a user's verifications; says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_user_verifications(&self, scope: &Scope, user: UserId, limit: u32) -> Result<u64, StoreError> {
        Verification::delete(scope).filter(Verification::USER_ID.eq(user)).batch(limit, self).await
    }

    /// Adds a password reset.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`] where the user is gone.
    async fn create_password_reset(&self, scope: &Scope, reset: &PasswordReset) -> Result<(), StoreError> {
        reset.insert(scope, self).await
    }

    /// The password reset with this id, used or not.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn password_reset(&self, scope: &Scope, id: PasswordResetId) -> Result<Option<PasswordReset>, StoreError> {
        PasswordReset::find(scope).filter(PasswordReset::ID.eq(id)).one(self).await
    }

    /// The password reset with this token hash, used or not.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn password_reset_by_token(
        &self,
        scope: &Scope,
        hash: &TokenHash,
    ) -> Result<Option<PasswordReset>, StoreError> {
        PasswordReset::find(scope).filter(PasswordReset::TOKEN_HASH.eq(hash)).one(self).await
    }

    /// Consumes a password reset that is neither used nor expired. Of callers at once, one gets it. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn consume_password_reset(
        &self,
        scope: &Scope,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<PasswordReset>, StoreError> {
        PasswordReset::update(scope)
            .filter(PasswordReset::TOKEN_HASH.eq(hash))
            .filter(PasswordReset::CONSUMED_AT.is_null())
            .filter(PasswordReset::EXPIRES_AT.gt(now))
            .set(PasswordReset::CONSUMED_AT, Some(now))
            .one(self)
            .await
    }

    /// Deletes a batch of a user's password resets; says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_user_password_resets(&self, scope: &Scope, user: UserId, limit: u32) -> Result<u64, StoreError> {
        PasswordReset::delete(scope).filter(PasswordReset::USER_ID.eq(user)).batch(limit, self).await
    }
}

impl<R: Records + ?Sized> AccountStore for R {}
