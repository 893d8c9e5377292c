//! [`WebhookStore`].

use async_trait::async_trait;

use super::Webhook;
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::WebhookId;
use crate::records::Records;
use crate::scope::Scope;

/// Webhooks.
#[async_trait]
pub trait WebhookStore: Records {
    /// Adds a webhook.
    ///
    /// # Errors
    /// [`StoreError::Conflict`].
    async fn create_webhook(&self, scope: &Scope, webhook: &Webhook) -> Result<(), StoreError> {
        webhook.insert(scope, self).await
    }

    /// The webhook with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn webhook(&self, scope: &Scope, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        Webhook::find(scope).filter(Webhook::ID.eq(id)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the webhook as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn update_webhook(&self, scope: &Scope, before: &Webhook, after: &Webhook) -> Result<Webhook, StoreError> {
        Webhook::update(scope).filter(Webhook::ID.eq(before.id)).set_changed(before, after).existing(self).await
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_webhook(&self, scope: &Scope, id: WebhookId) -> Result<(), StoreError> {
        Webhook::delete(scope).by_id(&id, self).await
    }

    /// A page of webhooks, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_webhooks(&self, scope: &Scope, page: Page<WebhookId>) -> Result<Listed<Webhook>, StoreError> {
        Webhook::find(scope).page(page, self).await
    }
}

impl<R: Records + ?Sized> WebhookStore for R {}
