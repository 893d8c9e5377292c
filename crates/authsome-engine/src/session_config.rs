//! An app's session configuration: settings for all its environments, and the form of its tokens.

use authsome_context::{nothing, settings};
use authsome_core::appsessionconfig::{AppSessionConfig, TokenFormat};
use authsome_core::entity::Entity;
use authsome_core::environment::Settings;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{AppId, AppSessionConfigId, TypedId};
use serde_json::json;

use crate::apps::Apps;

impl Apps {
    /// The app's session configuration, if it has one.
    ///
    /// # Errors
    /// `not_found` if the app is gone, `unavailable`.
    pub async fn session_config(&self, app: AppId) -> Result<Option<AppSessionConfig>, Error> {
        self.get(app).await?;
        Ok(self.foundation.store.app_session_config(app).await?)
    }

    /// Replaces the app's session configuration. It holds where an environment has no setting of its own.
    ///
    /// # Errors
    /// `not_found` if the app is gone, `invalid_request`, `unavailable`.
    pub async fn set_session_config(
        &self,
        app: AppId,
        said: &Settings,
        token_format: TokenFormat,
    ) -> Result<AppSessionConfig, Error> {
        let now = self.foundation.now();
        let (id, settings) = (AppSessionConfigId::generate(now, &*self.foundation.entropy)?, said.clone());
        let new = &AppSessionConfig { id, app_id: app, settings, token_format, created_at: now, updated_at: now };
        self.foundation
            .change(|tx| async move {
                tx.app(app).await?.ok_or_else(Error::not_found)?;
                let data = json!({ "token_format": token_format });
                self.event(app, now, "session_config.set", &app, data)?.insert(&app, &*tx).await?;
                let found = tx.app_session_config(app).await?;
                let none = Settings::default();
                let before = found.as_ref().map_or(&none, |found| &found.settings);
                settings::check(&self.foundation.plugins, before, &new.settings, None).into_result()?;
                match found {
                    Some(found) => {
                        let changed = AppSessionConfig { id: found.id, created_at: found.created_at, ..new.clone() };
                        Ok::<_, Error>(tx.update_app_session_config(app, &found, &changed).await?)
                    }
                    // Of callers at once, one makes the row; the others run again and find it.
                    None if new.insert_if_absent(&app, &*tx).await? => Ok(new.clone()),
                    None => Err(StoreError::contention().into()),
                }
            })
            .await
    }

    /// Removes the app's session configuration, if it has one: environments inherit the configured and built-in values.
    ///
    /// # Errors
    /// `not_found` if the app is gone, `unavailable`.
    pub async fn clear_session_config(&self, app: AppId) -> Result<(), Error> {
        let now = self.foundation.now();
        self.foundation
            .change(|tx| async move {
                tx.app(app).await?.ok_or_else(Error::not_found)?;
                if let Some(found) = tx.app_session_config(app).await? {
                    tx.delete_app_session_config(app, found.id).await?;
                    self.event(app, now, "session_config.cleared", &app, nothing())?.insert(&app, &*tx).await?;
                }
                Ok(())
            })
            .await
    }
}
