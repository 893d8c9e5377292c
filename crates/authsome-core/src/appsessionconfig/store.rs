//! [`AppSessionConfigStore`].

use async_trait::async_trait;

use super::AppSessionConfig;
use crate::entity::Entity;
use crate::error::StoreError;
use crate::id::{AppId, AppSessionConfigId};
use crate::records::Records;

/// Session configurations of apps.
#[async_trait]
pub trait AppSessionConfigStore: Records {
    /// Adds a configuration.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the app has one, [`StoreError::Reference`] where the app is gone.
    async fn create_app_session_config(&self, app: AppId, config: &AppSessionConfig) -> Result<(), StoreError> {
        config.insert(&app, self).await
    }

    /// The app's configuration.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn app_session_config(&self, app: AppId) -> Result<Option<AppSessionConfig>, StoreError> {
        AppSessionConfig::find(&app).one(self).await
    }

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
    ) -> Result<AppSessionConfig, StoreError> {
        let update = AppSessionConfig::update(&app).filter(AppSessionConfig::ID.eq(before.id));
        update.set_changed(before, after).existing(self).await
    }

    /// Deletes the configuration: the app inherits everything again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_app_session_config(&self, app: AppId, id: AppSessionConfigId) -> Result<(), StoreError> {
        AppSessionConfig::delete(&app).by_id(&id, self).await
    }
}

impl<R: Records + ?Sized> AppSessionConfigStore for R {}
