//! The selection of the environment that a request acts in.

use std::sync::Arc;

use authsome_core::app::App;
use authsome_core::authenticator;
use authsome_core::environment::{Environment, EnvironmentName};
use authsome_core::error::{Error, StoreError};
use authsome_core::id::AppId;
use authsome_core::route::ActiveEnvironment;
use authsome_core::scope::Scope;

use crate::cache::{AppKey, EnvironmentKey};
use crate::foundation::Foundation;
use crate::rules::publishable;
use crate::settings;

/// What a publishable key names.
#[derive(Clone, Debug)]
pub enum Published {
    /// An app.
    App(AppId),
    /// An environment, with its app.
    Environment(Arc<ActiveEnvironment>),
}

impl Published {
    /// Whether this is the environment, or its app.
    #[must_use]
    pub fn agrees_with(&self, environment: &Environment) -> bool {
        match self {
            Self::App(app) => *app == environment.app_id,
            Self::Environment(active) => active.scope() == environment.scope(),
        }
    }
}

impl Foundation {
    /// An environment of an app, by slug or id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn environment_of(&self, app: AppId, name: &EnvironmentName) -> Result<Arc<ActiveEnvironment>, Error> {
        self.find(named_key(app, name)).await?.ok_or_else(Error::not_found)
    }

    /// The environment of a request without a credential: the one that it names by slug or id, else that of its
    /// publishable key, else the app's default. The app is that of the publishable key, else the configured one. A
    /// suspended environment is found too; flows refuse there.
    ///
    /// # Errors
    /// `invalid_request` for an unknown name; `unavailable`.
    pub async fn select(
        &self,
        publishable_key: Option<&str>,
        named: Option<&str>,
    ) -> Result<Arc<ActiveEnvironment>, Error> {
        let published = match publishable_key {
            Some(key) => Some(self.published(key).await?.ok_or_else(unknown_key)?),
            None => None,
        };
        self.select_published(published.as_ref(), named).await
    }

    /// [`Foundation::select`] with the look-up of the publishable key.
    ///
    /// # Errors
    /// Those of [`Foundation::select`].
    pub async fn select_published(
        &self,
        published: Option<&Published>,
        named: Option<&str>,
    ) -> Result<Arc<ActiveEnvironment>, Error> {
        let (app, keyed) = match published {
            Some(Published::App(app)) => (*app, None),
            Some(Published::Environment(active)) => (active.environment.app_id, Some(Arc::clone(active))),
            None => (self.configured_app().await?.id, None),
        };
        match (named, keyed) {
            (Some(named), _) => {
                // No name has U+0000, and no store is asked for one.
                let found = if named.contains('\0') { None } else { self.find(named_key(app, &named.into())).await? };
                found.ok_or_else(|| Error::invalid("env", "the app has no such environment"))
            }
            (None, Some(active)) => Ok(active),
            (None, None) => {
                let found = self.find(EnvironmentKey::Default(app)).await?;
                // An app that is being deleted has lost its default environment.
                found.ok_or_else(|| match published {
                    Some(_) => unknown_key(),
                    None => Error::internal("the app has no default environment"),
                })
            }
        }
    }

    /// What a publishable key names, if anything.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn published(&self, key: &str) -> Result<Option<Published>, Error> {
        if publishable::may_be_an_environments(key)
            && let Some(active) = self.find(EnvironmentKey::PublishableKey(key.to_owned())).await?
        {
            return Ok(Some(Published::Environment(active)));
        }
        Ok(self.app(AppKey::PublishableKey(key.to_owned())).await?.map(|app| Published::App(app.id)))
    }

    /// The configured app, which requests mean unless they name another.
    ///
    /// # Errors
    /// `internal` if the engine was not started; `unavailable`.
    pub async fn configured_app(&self) -> Result<Arc<App>, Error> {
        let found = self.app(AppKey::Slug(self.config.app.clone())).await?;
        found.ok_or_else(|| Error::internal("the configured app does not exist: the engine was not started"))
    }

    async fn app(&self, key: AppKey) -> Result<Option<Arc<App>>, StoreError> {
        let load = async {
            match &key {
                AppKey::Slug(slug) => self.store.app_by_slug(slug).await,
                AppKey::PublishableKey(key) => self.store.app_by_publishable_key(key).await,
            }
        };
        self.cache.apps.get_or_load(key.clone(), self.clock.now(), load).await
    }

    /// The environment of a credential.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn environment_of_scope(&self, scope: Scope) -> Result<Option<Arc<ActiveEnvironment>>, StoreError> {
        self.find(EnvironmentKey::Id(scope.app_id, scope.env_id)).await
    }

    async fn find(&self, key: EnvironmentKey) -> Result<Option<Arc<ActiveEnvironment>>, StoreError> {
        let load = async {
            let found = match &key {
                EnvironmentKey::Id(app, id) => self.store.environment(*app, *id).await?,
                EnvironmentKey::Slug(app, slug) => self.store.environment_by_slug(*app, slug).await?,
                EnvironmentKey::PublishableKey(key) => {
                    let found = authenticator::published::<Environment>(key, &*self.store).await?;
                    found.filter(|environment| environment.deleted_at.is_none())
                }
                EnvironmentKey::Default(app) => self.store.default_environment(*app).await?,
            };
            match found {
                Some(environment) => settings::activate(&*self.store, environment, self).await.map(Some),
                None => Ok(None),
            }
        };
        self.cache.environments.get_or_load(key.clone(), self.clock.now(), load).await
    }
}

/// The refusal of an unknown publishable key.
#[must_use]
pub fn unknown_key() -> Error {
    Error::invalid("X-Publishable-Key", "the publishable key is unknown")
}

fn named_key(app: AppId, name: &EnvironmentName) -> EnvironmentKey {
    match name {
        EnvironmentName::Id(id) => EnvironmentKey::Id(app, *id),
        EnvironmentName::Slug(slug) => EnvironmentKey::Slug(app, slug.clone()),
    }
}
