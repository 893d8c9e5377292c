//! What an app says for all its environments: settings, and the form of its tokens.

use authsome_context::{nothing, settings};
use authsome_core::appsessionconfig::{AppSessionConfig, TokenFormat};
use authsome_core::entity::Entity;
use authsome_core::environment::Settings;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{AppId, AppSessionConfigId, TypedId};
use serde_json::json;

use crate::apps::Apps;

impl Apps {
    /// What the app says for all its environments; none where it says nothing.
    ///
    /// # Errors
    /// `not_found` where the app is gone, `unavailable`.
    pub async fn session_config(&self, app: AppId) -> Result<Option<AppSessionConfig>, Error> {
        self.get(app).await?;
        Ok(self.foundation.store.app_session_config(app).await?)
    }

    /// Says for all of the app's environments what their own settings leave open, in the place of what was said before.
    ///
    /// # Errors
    /// `not_found` where the app is gone, `invalid_request`, `unavailable`.
    pub async fn set_session_config(
        &self,
        app: AppId,
        said: &Settings,
        token_format: TokenFormat,
    ) -> Result<AppSessionConfig, Error> {
        let now = self.foundation.now();
        let id = AppSessionConfigId::generate(now, &*self.foundation.entropy)?;
        let new = &AppSessionConfig {
            id,
            app_id: app,
            settings: said.clone(),
            token_format,
            created_at: now,
            updated_at: now,
        };
        let event = &self.event(app, now, "session_config.set", &app, json!({ "token_format": token_format }))?;
        self.foundation
            .change(|tx| async move {
                tx.app(app).await?.ok_or_else(Error::not_found)?;
                event.insert(&app, &*tx).await?;
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

    /// Says nothing any more: environments inherit what is configured and built in. Where nothing was said, nothing
    /// changes.
    ///
    /// # Errors
    /// `not_found` where the app is gone, `unavailable`.
    pub async fn clear_session_config(&self, app: AppId) -> Result<(), Error> {
        let event = &self.event(app, self.foundation.now(), "session_config.cleared", &app, nothing())?;
        self.foundation
            .change(|tx| async move {
                tx.app(app).await?.ok_or_else(Error::not_found)?;
                if let Some(found) = tx.app_session_config(app).await? {
                    tx.delete_app_session_config(app, found.id).await?;
                    event.insert(&app, &*tx).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        Ok(())
    }
}
