//! [`AppSessionConfigStore`].

use async_trait::async_trait;

use super::AppSessionConfig;
use crate::entity::Entity;
use crate::error::StoreError;
use crate::id::{AppId, AppSessionConfigId};
use crate::records::Records;

/// Session configurations of apps.
#[async_trait]
pub trait AppSessionConfigStore: Send + Sync {
    /// Adds a configuration.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the app has one, [`StoreError::Reference`] where the app is gone.
    async fn create_app_session_config(&self, app: AppId, config: &AppSessionConfig) -> Result<(), StoreError>;

    /// The app's configuration.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn app_session_config(&self, app: AppId) -> Result<Option<AppSessionConfig>, StoreError>;

    /// Writes the fields in which `after` differs from `before`, the configuration as it was read: what others changed
    /// since stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn update_app_session_config(
        &self,
        app: AppId,
        before: &AppSessionConfig,
        after: &AppSessionConfig,
    ) -> Result<AppSessionConfig, StoreError>;

    /// Deletes the configuration: the app inherits everything again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_app_session_config(&self, app: AppId, id: AppSessionConfigId) -> Result<(), StoreError>;
}

#[async_trait]
impl<R: Records + ?Sized> AppSessionConfigStore for R {
    async fn create_app_session_config(&self, app: AppId, config: &AppSessionConfig) -> Result<(), StoreError> {
        config.insert(&app, self).await
    }

    async fn app_session_config(&self, app: AppId) -> Result<Option<AppSessionConfig>, StoreError> {
        AppSessionConfig::find(&app).one(self).await
    }

    async fn update_app_session_config(
        &self,
        app: AppId,
        before: &AppSessionConfig,
        after: &AppSessionConfig,
    ) -> Result<AppSessionConfig, StoreError> {
        let update = AppSessionConfig::update(&app).filter(AppSessionConfig::ID.eq(before.id));
        update.set_changed(before, after).existing(self).await
    }

    async fn delete_app_session_config(&self, app: AppId, id: AppSessionConfigId) -> Result<(), StoreError> {
        AppSessionConfig::delete(&app).by_id(&id, self).await
    }
}
