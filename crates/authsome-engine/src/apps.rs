//! [`Apps`].

use std::fmt::Display;
use std::sync::Arc;

use authsome_context::rules::{publishable, slug};
use authsome_context::{Foundation, nothing};
use authsome_core::app::App;
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::environment::{Environment, EnvironmentType, Settings};
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::event::AppEvent;
use authsome_core::id::{AppId, TypedId};
use authsome_core::metadata::Metadata;
use authsome_core::records::MAX_ROWS;
use authsome_core::route::Principal;
use authsome_core::time::Timestamp;
use serde_json::{Value, json};

use crate::environments::{NewEnvironment, about, row};
use crate::patch;

/// A new app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApp {
    /// Name for people, 1 to 200 characters.
    pub name: String,
    /// Slug. Default: made from the name.
    pub slug: Option<String>,
}

/// A change of an app (RFC 7396). `None` leaves a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppPatch {
    /// Name for people, 1 to 200 characters.
    pub name: Option<String>,
    /// Slug.
    pub slug: Option<String>,
    /// A merge patch of the metadata; `Some(None)` removes all of it.
    pub metadata: Option<Option<serde_json::Map<String, Value>>>,
}

impl AppPatch {
    fn applied(&self, app: &App) -> Result<App, Error> {
        let mut app = app.clone();
        patch::set(&mut app.name, self.name.as_ref());
        app.slug = slug::of(Some(self.slug.as_ref().unwrap_or(&app.slug)), &app.name)?;
        patch::merge(&mut app.metadata, self.metadata.as_ref())?;
        Ok(app)
    }
}

/// The apps of an installation.
#[derive(Clone, Debug)]
pub struct Apps {
    pub(crate) foundation: Arc<Foundation>,
    actor: Option<String>,
}

impl Apps {
    pub(crate) const fn new(foundation: Arc<Foundation>) -> Self {
        Self { foundation, actor: None }
    }

    /// The same apps, with this principal as the actor of events.
    #[must_use]
    pub fn acting(self, principal: &Principal) -> Self {
        Self { actor: principal.actor(), ..self }
    }

    /// An event of an app, with this actor.
    pub(crate) fn event(
        &self,
        app: AppId,
        now: Timestamp,
        action: &str,
        target: &impl Display,
        data: Value,
    ) -> Result<AppEvent, Error> {
        let event = self.foundation.app_event(app, now, action, target, data)?;
        Ok(AppEvent { actor: self.actor.clone(), ..event })
    }

    /// The app with this id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get(&self, id: AppId) -> Result<App, Error> {
        self.foundation.store.app(id).await?.ok_or_else(Error::not_found)
    }

    /// The app with this slug.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get_by_slug(&self, slug: &str) -> Result<App, Error> {
        self.foundation.store.app_by_slug(slug).await?.ok_or_else(Error::not_found)
    }

    /// A page of apps, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, page: Page<AppId>) -> Result<Listed<App, AppId>, Error> {
        Ok(self.foundation.store.list_apps(page).await?)
    }

    /// Makes an app with its environments: development, which is the default, staging, and production.
    ///
    /// # Errors
    /// `invalid_request`, `conflict` if the slug is taken, `unavailable`.
    pub async fn create(&self, new: &NewApp) -> Result<App, Error> {
        let slug = slug::of(new.slug.as_deref(), &new.name)?;
        let mut rows = NewAppRows::new(&self.foundation, &new.name, &slug)?;
        rows.events.iter_mut().for_each(|event| event.actor.clone_from(&self.actor));
        if rows.write(&self.foundation).await? { Ok(rows.app) } else { Err(slug::taken()) }
    }

    /// Changes an app.
    ///
    /// # Errors
    /// `not_found`, `invalid_request`, `conflict` if the slug is taken, or for the slug of the configured app;
    /// `unavailable`.
    pub async fn update(&self, id: AppId, patch: &AppPatch) -> Result<App, Error> {
        self.change(id, "app.updated", |found| {
            let app = patch.applied(found)?;
            if app.slug != found.slug && found.slug == self.foundation.config.app {
                return Err(Error::new(
                    Code::Conflict,
                    "the slug of the configured app cannot change: the program finds the app by it",
                ));
            }
            Ok(app)
        })
        .await
    }

    /// Gives an app a new publishable key. Clients that send the old one are refused from now on.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn replace_publishable_key(&self, id: AppId) -> Result<App, Error> {
        let key = publishable::of_app(&*self.foundation.entropy)?;
        let replaced = |found: &App| Ok(App { publishable_key: key.clone(), ..found.clone() });
        self.change(id, "app.publishable_key_replaced", replaced).await
    }

    /// Deletes an app with all its environments: they are out of reach from now on, and a background job removes their
    /// rows. Always needs a confirmation. The configured app cannot be deleted.
    ///
    /// # Errors
    /// `not_found`, `conflict` for the configured app, `confirmation_required`, `unavailable`.
    pub async fn delete(&self, id: AppId, confirm: Confirm) -> Result<(), Error> {
        let now = self.foundation.now();
        self.foundation
            .change(|tx| async move {
                let app = tx.app(id).await?.ok_or_else(Error::not_found)?;
                if app.slug == self.foundation.config.app {
                    return Err(Error::new(Code::Conflict, "the configured app cannot be deleted"));
                }
                confirm.require(Destructive::DeleteApp)?;
                let mut events = Vec::new();
                for environment in Environment::find(&id).filter(Environment::DELETED_AT.is_null()).every(&*tx).await? {
                    let data = about(&environment);
                    events.push(self.event(id, now, "environment.deleted", &environment.id, data)?);
                }
                events.push(self.event(id, now, "app.deleted", &id, json!({ "slug": app.slug }))?);
                for events in events.chunks(MAX_ROWS) {
                    AppEvent::insert_all(events, &id, &*tx).await?;
                }
                tx.delete_app_environments(id, now).await?;
                Ok(tx.delete_app(id, now).await?)
            })
            .await?;
        self.foundation.wakers.emptying.wake();
        Ok(())
    }

    /// Changes an app, writes an event if something changed, and lets the change take effect at once.
    async fn change(
        &self,
        id: AppId,
        action: &str,
        change: impl Fn(&App) -> Result<App, Error> + Send + Sync,
    ) -> Result<App, Error> {
        let now = self.foundation.now();
        let change = &change;
        self.foundation
            .change(|tx| async move {
                let found = tx.app(id).await?.ok_or_else(Error::not_found)?;
                let changed = change(&found)?;
                if changed == found {
                    return Ok::<_, Error>(found);
                }
                let changed = App { updated_at: now, ..changed };
                let changed = tx.update_app(&found, &changed).await.map_err(slug::refused)?;
                self.event(id, now, action, &id, nothing())?.insert(&id, &*tx).await?;
                Ok(changed)
            })
            .await
    }
}

/// An app with its first environments.
pub(crate) struct NewAppRows {
    app: App,
    environments: Vec<Environment>,
    events: Vec<AppEvent>,
}

impl NewAppRows {
    pub(crate) fn new(foundation: &Foundation, name: &str, slug: &str) -> Result<Self, Error> {
        let (now, entropy) = (foundation.now(), &*foundation.entropy);
        let app = App {
            id: AppId::generate(now, entropy)?,
            name: name.to_owned(),
            slug: slug.to_owned(),
            publishable_key: publishable::of_app(entropy)?,
            metadata: Metadata::default(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let mut events = vec![foundation.app_event(app.id, now, "app.created", &app.id, nothing())?];
        let mut environments = Vec::new();
        for (name, kind) in [
            ("Development", EnvironmentType::Development),
            ("Staging", EnvironmentType::Staging),
            ("Production", EnvironmentType::Production),
        ] {
            let mut environment = row(foundation, app.id, &NewEnvironment::new(name, kind), &Settings::default(), now)?;
            environment.is_default.0 = kind == EnvironmentType::Development;
            let data = about(&environment);
            events.push(foundation.app_event(app.id, now, "environment.created", &environment.id, data)?);
            environments.push(environment);
        }
        Ok(Self { app, environments, events })
    }

    /// Writes them; says whether the slug was free.
    pub(crate) async fn write(&self, foundation: &Foundation) -> Result<bool, StoreError> {
        foundation
            .change(|tx| async move {
                if !self.app.insert_if_absent((), &*tx).await? {
                    return Ok(false);
                }
                Environment::insert_all(&self.environments, &self.app.id, &*tx).await?;
                AppEvent::insert_all(&self.events, &self.app.id, &*tx).await?;
                Ok(true)
            })
            .await
    }
}
