//! [`ApiKeyStore`].

use async_trait::async_trait;

use super::ApiKey;
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::{ApiKeyId, UserId};
use crate::records::Records;
use crate::scope::Scope;
use crate::secret::TokenHash;
use crate::time::Timestamp;

/// API keys.
#[async_trait]
pub trait ApiKeyStore: Records {
    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`].
    async fn create_api_key(&self, scope: &Scope, key: &ApiKey) -> Result<(), StoreError> {
        key.insert(scope, self).await
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn api_key(&self, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        ApiKey::find(scope).filter(ApiKey::ID.eq(id)).one(self).await
    }

    /// The key with this hash.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn api_key_by_hash(&self, scope: &Scope, hash: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
        ApiKey::find(scope).filter(ApiKey::HASH.eq(hash)).one(self).await
    }

    /// The keys that people see under this prefix, at most 1,000, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn api_keys_by_prefix(&self, scope: &Scope, prefix: &str) -> Result<Vec<ApiKey>, StoreError> {
        ApiKey::find(scope).filter(ApiKey::PREFIX.eq(prefix)).all(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the key as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_api_key(&self, scope: &Scope, before: &ApiKey, after: &ApiKey) -> Result<ApiKey, StoreError> {
        ApiKey::update(scope).filter(ApiKey::ID.eq(before.id)).set_changed(before, after).existing(self).await
    }

    /// Notes that the key was used. One step.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn touch_api_key(&self, scope: &Scope, id: ApiKeyId, now: Timestamp) -> Result<(), StoreError> {
        let update = ApiKey::update(scope).filter(ApiKey::ID.eq(id));
        update.set(ApiKey::LAST_USED_AT, Some(now)).existing(self).await.map(|_| ())
    }

    /// Revokes a key that is not revoked; says whether it did. Of callers at once, one does. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoke_api_key(&self, scope: &Scope, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError> {
        let update = ApiKey::update(scope).filter(ApiKey::ID.eq(id)).filter(ApiKey::REVOKED_AT.is_null());
        let revoked = update.set(ApiKey::REVOKED_AT, Some(now)).set(ApiKey::UPDATED_AT, now).one(self).await?;
        Ok(revoked.is_some())
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_api_key(&self, scope: &Scope, id: ApiKeyId) -> Result<(), StoreError> {
        ApiKey::delete(scope).by_id(&id, self).await
    }

    /// Deletes a batch of a user's keys; says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_user_api_keys(&self, scope: &Scope, user: UserId, limit: u32) -> Result<u64, StoreError> {
        ApiKey::delete(scope).filter(ApiKey::USER_ID.eq(user)).batch(limit, self).await
    }

    /// A page of keys, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_api_keys(&self, scope: &Scope, page: Page<ApiKeyId>) -> Result<Listed<ApiKey>, StoreError> {
        ApiKey::find(scope).page(page, self).await
    }

    /// A page of a user's keys, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_user_api_keys(
        &self,
        scope: &Scope,
        user: UserId,
        page: Page<ApiKeyId>,
    ) -> Result<Listed<ApiKey>, StoreError> {
        ApiKey::find(scope).filter(ApiKey::USER_ID.eq(user)).page(page, self).await
    }
}

impl<R: Records + ?Sized> ApiKeyStore for R {}
