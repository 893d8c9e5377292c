//! [`Environments`].

use std::collections::BTreeMap;

use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::environment::{Environment, EnvironmentType, Settings, SettingsPatch, Sourced};
use authsome_core::error::{Code, Error, FieldError, StoreError};
use authsome_core::id::{AppId, EnvironmentId, TypedId};
use authsome_core::store::Transactions;
use authsome_core::time::Timestamp;
use authsome_core::value::Marker;
use serde_json::json;

use crate::apps::slug_of;
use crate::engine::Engine;
use crate::events::nothing;
use crate::{settings, slug};

const MAX_DESCRIPTION: usize = 2_000;
const MAX_METADATA_KEYS: usize = 64;
const MAX_METADATA_BYTES: usize = 16_384;

/// An environment to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEnvironment {
    /// Name for people, 1 to 200 characters.
    pub name: String,
    /// Slug; without it, one is made of the name.
    pub slug: Option<String>,
    /// What it is for.
    pub kind: EnvironmentType,
    /// What people should know about it, at most 2,000 characters.
    pub description: Option<String>,
    /// Colour, `#RRGGBB`; without it, that of the type.
    pub color: Option<String>,
    /// Its own settings.
    pub settings: Settings,
    /// What the operator attaches: at most 64 keys and 16 KiB.
    pub metadata: BTreeMap<String, String>,
}

impl NewEnvironment {
    /// An environment with a name and a type, and nothing else.
    #[must_use]
    pub fn new(name: &str, kind: EnvironmentType) -> Self {
        Self {
            name: name.to_owned(),
            slug: None,
            kind,
            description: None,
            color: None,
            settings: Settings::default(),
            metadata: BTreeMap::new(),
        }
    }
}

/// A change of an environment (RFC 7396). What is `None` stays; `Some(None)` goes back to what is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentPatch {
    /// Name for people, 1 to 200 characters.
    pub name: Option<String>,
    /// Slug.
    pub slug: Option<String>,
    /// What people should know about it, at most 2,000 characters.
    pub description: Option<Option<String>>,
    /// Colour, `#RRGGBB`.
    pub color: Option<Option<String>>,
    /// Its own settings.
    pub settings: Option<SettingsPatch>,
    /// What the operator attaches; `None` at a key takes it away.
    pub metadata: Option<BTreeMap<String, Option<String>>>,
}

/// The environments of an app.
#[derive(Clone, Debug)]
pub struct Environments {
    engine: Engine,
    app: AppId,
}

impl Environments {
    pub(crate) const fn new(engine: Engine, app: AppId) -> Self {
        Self { engine, app }
    }

    /// Makes an environment, active and not the default.
    ///
    /// # Errors
    /// `invalid_request`, `conflict` where the slug is taken, `not_found` where the app is gone; `unavailable`.
    pub async fn create(&self, new: &NewEnvironment) -> Result<Environment, Error> {
        let now = self.engine.clock().now();
        let environment = &row(&self.engine, self.app, new, now)?;
        let data = json!({ "slug": environment.slug, "type": environment.kind });
        let event = &self.engine.app_event(self.app, now, "environment.created", &environment.id, data)?;
        self.engine
            .store()
            .transaction(|tx| async move {
                tx.create_environment(self.app, environment).await.map_err(slug_conflict)?;
                Ok::<_, Error>(event.insert(&self.app, &*tx).await?)
            })
            .await?;
        self.engine.inner().cache.clear();
        Ok(environment.clone())
    }

    /// The environment with this id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.engine.store().environment(self.app, id).await?.ok_or_else(Error::not_found)
    }

    /// The environment with this slug.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn by_slug(&self, slug: &str) -> Result<Environment, Error> {
        self.engine.store().environment_by_slug(self.app, slug).await?.ok_or_else(Error::not_found)
    }

    /// The app's default environment.
    ///
    /// # Errors
    /// `not_found` where the app is gone, `unavailable`.
    pub async fn default(&self) -> Result<Environment, Error> {
        self.engine.store().default_environment(self.app).await?.ok_or_else(Error::not_found)
    }

    /// A page of the app's environments, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, page: Page<EnvironmentId>) -> Result<Listed<Environment, EnvironmentId>, Error> {
        Ok(self.engine.store().list_environments(self.app, page).await?)
    }

    /// The settings that apply in an environment, each with where it comes from.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn effective_settings(&self, id: EnvironmentId) -> Result<Sourced, Error> {
        let environment = self.get(id).await?;
        let app = self.engine.store().app_session_config(self.app).await?;
        Ok(settings::resolve(&environment, app.as_ref(), &self.engine.config().settings))
    }

    /// Changes an environment.
    ///
    /// # Errors
    /// `not_found`, `invalid_request`, `conflict` where the slug is taken; `unavailable`.
    pub async fn update(&self, id: EnvironmentId, patch: &EnvironmentPatch) -> Result<Environment, Error> {
        self.change(id, "environment.updated", |mut environment| {
            patch.apply(&mut environment);
            let errors = check(&environment);
            if errors.is_empty() { Ok(environment) } else { Err(Error::invalid_fields(errors)) }
        })
        .await
    }

    /// Makes an environment the app's default one instead of the one that is. One step.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn set_default(&self, id: EnvironmentId) -> Result<Environment, Error> {
        let now = self.engine.clock().now();
        let event = &self.engine.app_event(self.app, now, "environment.set_default", &id, nothing())?;
        let environment = self
            .engine
            .store()
            .transaction(|tx| async move {
                let found = tx.environment(self.app, id).await?.ok_or_else(Error::not_found)?;
                if found.is_default.0 {
                    return Ok::<_, Error>(found);
                }
                tx.clear_default_environment(self.app, now).await?;
                let environment = tx.mark_default_environment(self.app, id, now).await?;
                event.insert(&self.app, &*tx).await?;
                Ok(environment)
            })
            .await?;
        self.engine.inner().cache.clear();
        Ok(environment)
    }

    /// Ends an environment's suspension.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn activate(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.set_active(id, true).await
    }

    /// Suspends an environment: no authentication completes in it. Nothing in it is lost.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn deactivate(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.set_active(id, false).await
    }

    async fn set_active(&self, id: EnvironmentId, active: bool) -> Result<Environment, Error> {
        let action = if active { "environment.activated" } else { "environment.deactivated" };
        self.change(id, action, |environment| Ok(Environment { is_active: active, ..environment })).await
    }

    /// Changes an environment, writes the event where that changed anything, and lets the change take effect at once.
    async fn change(
        &self,
        id: EnvironmentId,
        action: &str,
        change: impl Fn(Environment) -> Result<Environment, Error> + Send + Sync,
    ) -> Result<Environment, Error> {
        let now = self.engine.clock().now();
        let event = &self.engine.app_event(self.app, now, action, &id, nothing())?;
        let change = &change;
        let environment = self
            .engine
            .store()
            .transaction(|tx| async move {
                let found = tx.environment(self.app, id).await?.ok_or_else(Error::not_found)?;
                let changed = change(found.clone())?;
                if changed == found {
                    return Ok::<_, Error>(found);
                }
                let changed = Environment { updated_at: now, ..changed };
                let changed = tx.update_environment(self.app, &found, &changed).await.map_err(slug_conflict)?;
                event.insert(&self.app, &*tx).await?;
                Ok(changed)
            })
            .await?;
        self.engine.inner().cache.clear();
        Ok(environment)
    }
}

impl EnvironmentPatch {
    fn apply(&self, environment: &mut Environment) {
        if let Some(name) = &self.name {
            environment.name.clone_from(name);
        }
        if let Some(slug) = &self.slug {
            environment.slug.clone_from(slug);
        }
        if let Some(description) = &self.description {
            environment.description.clone_from(description);
        }
        if let Some(color) = &self.color {
            environment.color = color.clone().unwrap_or_else(|| environment.kind.color().to_owned());
        }
        if let Some(settings) = &self.settings {
            environment.settings.patch(settings.clone());
        }
        for (key, value) in self.metadata.iter().flatten() {
            match value {
                Some(value) => environment.metadata.insert(key.clone(), value.clone()),
                None => environment.metadata.remove(key),
            };
        }
    }
}

/// The row of an environment to be made.
pub(crate) fn row(engine: &Engine, app: AppId, new: &NewEnvironment, now: Timestamp) -> Result<Environment, Error> {
    let environment = Environment {
        id: EnvironmentId::generate(now, &*engine.inner().entropy)?,
        app_id: app,
        slug: slug_of(new.slug.as_deref(), &new.name)?,
        name: new.name.clone(),
        kind: new.kind,
        description: new.description.clone(),
        color: new.color.clone().unwrap_or_else(|| new.kind.color().to_owned()),
        is_default: Marker(false),
        is_active: true,
        settings: new.settings.clone(),
        metadata: new.metadata.clone(),
        created_at: now,
        updated_at: now,
        deleted_at: None,
    };
    let errors = check(&environment);
    if errors.is_empty() { Ok(environment) } else { Err(Error::invalid_fields(errors)) }
}

fn check(environment: &Environment) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut require = |holds: bool, field: &str, message: &str| {
        if !holds {
            errors.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        }
    };
    let name = &environment.name;
    let is_name = !name.trim().is_empty() && name.chars().count() <= 200 && !name.contains(char::is_control);
    require(is_name, "name", "a name has 1 to 200 characters, none of them a control character");
    require(slug::is_valid(&environment.slug), "slug", slug::RULE);
    let description = environment.description.as_deref().unwrap_or_default();
    let is_description = description.chars().count() <= MAX_DESCRIPTION;
    require(is_description, "description", "a description has at most 2000 characters");
    require(is_color(&environment.color), "color", "a colour is written #RRGGBB");
    let metadata = &environment.metadata;
    let bytes: usize = metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    let fits = metadata.len() <= MAX_METADATA_KEYS && bytes <= MAX_METADATA_BYTES;
    require(fits, "metadata", "metadata has at most 64 keys and 16384 bytes");
    errors.extend(
        environment
            .settings
            .check()
            .into_iter()
            .map(|error| FieldError { field: format!("settings.{}", error.field), message: error.message }),
    );
    errors
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn slug_conflict(error: StoreError) -> Error {
    match &error {
        error if error.is_conflict_on("authsome_environments_slug_key") => {
            Error::new(Code::Conflict, "the slug is taken")
        }
        StoreError::Reference { .. } => Error::not_found(),
        _ => error.into(),
    }
}
