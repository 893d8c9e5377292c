//! Which environment a request acts in.

use std::sync::Arc;

use authsome_core::app::App;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{AppId, EnvironmentId};
use authsome_core::route::ActiveEnvironment;
use authsome_core::scope::Scope;

use crate::cache::{AppKey, EnvironmentKey};
use crate::engine::Engine;
use crate::environment::EnvironmentHandle;
use crate::settings;

impl Engine {
    /// An environment of the configured app, by slug or id: the only door to its data.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn environment(&self, slug_or_id: &str) -> Result<EnvironmentHandle, Error> {
        let app = self.configured_app().await?;
        self.environment_of(app.id, slug_or_id).await
    }

    /// An environment of any app, by slug or id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn environment_of(&self, app: AppId, slug_or_id: &str) -> Result<EnvironmentHandle, Error> {
        let active = self.find(named_key(app, slug_or_id)).await?.ok_or_else(Error::not_found)?;
        Ok(self.handle(active))
    }

    /// The configured app's default environment.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn default_environment(&self) -> Result<EnvironmentHandle, Error> {
        self.select(None, None).await.map(|active| self.handle(active))
    }

    /// The environment of a request without a credential: the one it names by slug or id, else the default one, of the
    /// app whose publishable key it carries, else of the configured one. A suspended environment is found too; flows
    /// refuse there.
    ///
    /// # Errors
    /// `invalid_request` where what is named does not exist; `unavailable`.
    pub async fn select(
        &self,
        publishable_key: Option<&str>,
        named: Option<&str>,
    ) -> Result<Arc<ActiveEnvironment>, Error> {
        let app = match publishable_key {
            Some(key) => {
                let found = self.app(AppKey::PublishableKey(key.to_owned())).await?;
                found.ok_or_else(|| Error::invalid("X-Publishable-Key", "no app has this key"))?
            }
            None => self.configured_app().await?,
        };
        match named {
            Some(named) => {
                // No name has U+0000, and no store is asked for one.
                let found = if named.contains('\0') { None } else { self.find(named_key(app.id, named)).await? };
                found.ok_or_else(|| Error::invalid("env", "the app has no such environment"))
            }
            None => {
                let found = self.find(EnvironmentKey::Default(app.id)).await?;
                found.ok_or_else(|| Error::internal("the app has no default environment"))
            }
        }
    }

    /// The services of an environment that was selected or authenticated.
    #[must_use]
    pub fn handle(&self, active: Arc<ActiveEnvironment>) -> EnvironmentHandle {
        EnvironmentHandle::new(self.clone(), active)
    }

    /// The app that requests mean where they name none.
    ///
    /// # Errors
    /// `internal` where the engine was not started; `unavailable`.
    pub async fn configured_app(&self) -> Result<Arc<App>, Error> {
        let found = self.app(AppKey::Slug(self.inner().config.app.clone())).await?;
        found.ok_or_else(|| Error::internal("the configured app does not exist: the engine was not started"))
    }

    async fn app(&self, key: AppKey) -> Result<Option<Arc<App>>, StoreError> {
        let inner = self.inner();
        let load = async {
            match &key {
                AppKey::Slug(slug) => inner.store.app_by_slug(slug).await,
                AppKey::PublishableKey(key) => inner.store.app_by_publishable_key(key).await,
            }
        };
        inner.cache.apps.get_or_load(key.clone(), inner.clock.now(), load).await
    }

    /// The environment of a credential.
    pub(crate) async fn environment_of_scope(
        &self,
        scope: Scope,
    ) -> Result<Option<Arc<ActiveEnvironment>>, StoreError> {
        self.find(EnvironmentKey::Id(scope.app_id, scope.env_id)).await
    }

    async fn find(&self, key: EnvironmentKey) -> Result<Option<Arc<ActiveEnvironment>>, StoreError> {
        let inner = self.inner();
        let load = async {
            let found = match &key {
                EnvironmentKey::Id(app, id) => inner.store.environment(*app, *id).await?,
                EnvironmentKey::Slug(app, slug) => inner.store.environment_by_slug(*app, slug).await?,
                EnvironmentKey::Default(app) => inner.store.default_environment(*app).await?,
            };
            match found {
                Some(environment) => {
                    settings::activate(&*inner.store, environment, &inner.config.settings).await.map(Some)
                }
                None => Ok(None),
            }
        };
        inner.cache.environments.get_or_load(key.clone(), inner.clock.now(), load).await
    }
}

fn named_key(app: AppId, named: &str) -> EnvironmentKey {
    match named.parse::<EnvironmentId>() {
        Ok(id) => EnvironmentKey::Id(app, id),
        Err(_) => EnvironmentKey::Slug(app, named.to_owned()),
    }
}

/// Whether a request that names an environment, or none, means this one.
pub(crate) fn is_meant(active: &ActiveEnvironment, named: Option<&str>) -> bool {
    named.is_none_or(|named| named == active.environment.slug || named == active.environment.id.to_string())
}
