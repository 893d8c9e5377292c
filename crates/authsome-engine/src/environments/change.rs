//! Changing an environment: its fields, the default, suspension.

use std::collections::BTreeMap;

use authsome_context::nothing;
use authsome_context::rules::{publishable, slug};
use authsome_core::confirmation::Confirm;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, SettingsPatch};
use authsome_core::error::{Code, Error};
use authsome_core::id::EnvironmentId;
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;

use super::{Environments, new};
use crate::patch;

/// A change of an environment (RFC 7396). `None` leaves a value; `Some(None)` restores the built-in one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentPatch {
    /// Name for people, 1 to 200 characters.
    pub name: Option<String>,
    /// Slug.
    pub slug: Option<String>,
    /// Type. The colour of the old type becomes that of the new one.
    pub kind: Option<EnvironmentType>,
    /// A description for people, at most 2,000 characters.
    pub description: Option<Option<String>>,
    /// Colour, `#RRGGBB`.
    pub color: Option<Option<String>>,
    /// Its own settings.
    pub settings: Option<SettingsPatch>,
    /// A merge patch of the metadata; `Some(None)` removes all of it.
    pub metadata: Option<Option<BTreeMap<String, Option<String>>>>,
}

impl EnvironmentPatch {
    fn apply(&self, environment: &mut Environment) {
        patch::set(&mut environment.name, self.name.as_ref());
        patch::set(&mut environment.slug, self.slug.as_ref());
        patch::set(&mut environment.description, self.description.as_ref());
        if let Some(kind) = self.kind {
            if environment.color == environment.kind.color() {
                kind.color().clone_into(&mut environment.color);
            }
            environment.kind = kind;
        }
        if let Some(color) = &self.color {
            environment.color = color.clone().unwrap_or_else(|| environment.kind.color().to_owned());
        }
        if let Some(settings) = &self.settings {
            environment.settings.patch(settings.clone());
        }
        if self.metadata == Some(None) {
            environment.metadata.clear();
        }
        for (key, value) in self.metadata.iter().flatten().flatten() {
            match value {
                Some(value) => environment.metadata.insert(key.clone(), value.clone()),
                None => environment.metadata.remove(key),
            };
        }
    }
}

impl Environments {
    /// Changes an environment. Taking the type production from one is confirmed. Slug and type are for whoever reaches
    /// all environments of the app.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, `invalid_request`, `conflict` where the slug is taken; `confirmation_required`;
    /// `unavailable`.
    pub async fn update(
        &self,
        id: EnvironmentId,
        patch: &EnvironmentPatch,
        confirm: Confirm,
    ) -> Result<Environment, Error> {
        // What it is called in requests, and which walls stand around it, concerns the app's other environments.
        if (patch.slug.is_some() || patch.kind.is_some()) && self.only()?.is_some() {
            return Err(Error::new(Code::Forbidden, "slug and type are changed with the administrator's token"));
        }
        self.change(id, "environment.updated", |found| {
            let mut environment = found.clone();
            patch.apply(&mut environment);
            new::check_change(&self.foundation.plugins, found, &environment, confirm)?;
            Ok(environment)
        })
        .await
    }

    /// Gives an environment a new publishable key with the prefix of its type. Clients that send the old one are
    /// refused from now on.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn replace_publishable_key(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.change(id, "environment.publishable_key_replaced", |found| {
            let publishable_key = publishable::of_environment(found.kind, &*self.foundation.entropy)?;
            Ok(Environment { publishable_key, ..found.clone() })
        })
        .await
    }

    /// Makes an environment the app's default, in one step.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn set_default(&self, id: EnvironmentId) -> Result<Environment, Error> {
        let now = self.foundation.now();
        self.foundation
            .change(|tx| async move {
                self.lock(&*tx).await?;
                let found = tx.environment(self.app, id).await?.ok_or_else(Error::not_found)?;
                if found.is_default.0 {
                    return Ok::<_, Error>(found);
                }
                tx.clear_default_environment(self.app, now).await?;
                let environment = tx.mark_default_environment(self.app, id, now).await?;
                self.event(now, "environment.default_changed", id, nothing())?.insert(&self.app, &*tx).await?;
                Ok(environment)
            })
            .await
    }

    /// Ends an environment's suspension: every unexpired session is valid again.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn activate(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.set_active(id, true).await
    }

    /// Suspends an environment: every sign-in and every credential is refused. No data is lost.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn deactivate(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.set_active(id, false).await
    }

    async fn set_active(&self, id: EnvironmentId, active: bool) -> Result<Environment, Error> {
        let action = if active { "environment.activated" } else { "environment.deactivated" };
        self.change(id, action, |found| Ok(Environment { is_active: active, ..found.clone() })).await
    }

    /// Changes an environment, writes an event if something changed, and lets the change take effect at once.
    async fn change(
        &self,
        id: EnvironmentId,
        action: &str,
        change: impl Fn(&Environment) -> Result<Environment, Error> + Send + Sync,
    ) -> Result<Environment, Error> {
        self.require_reach(id)?;
        let (now, change) = (self.foundation.now(), &change);
        self.foundation
            .change(|tx| async move {
                // The app's last environment of type production is protected, so a change of type excludes deletions.
                self.lock(&*tx).await?;
                let found = tx.environment(self.app, id).await?.ok_or_else(Error::not_found)?;
                let changed = change(&found)?;
                if changed == found { Ok(found) } else { self.save(&found, changed, action, now, &*tx).await }
            })
            .await
    }

    /// Writes a changed environment with its event.
    pub(super) async fn save(
        &self,
        found: &Environment,
        changed: Environment,
        action: &str,
        now: Timestamp,
        tx: &dyn StoreTx,
    ) -> Result<Environment, Error> {
        let changed = Environment { updated_at: now, ..changed };
        let changed = tx.update_environment(self.app, found, &changed).await.map_err(slug::refused)?;
        self.event(now, action, found.id, nothing())?.insert(&self.app, tx).await?;
        Ok(changed)
    }
}
