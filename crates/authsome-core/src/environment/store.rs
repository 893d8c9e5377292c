//! [`EnvironmentStore`].

use async_trait::async_trait;

use super::Environment;
use crate::entity::{Entity, Filter, Find, Listed, Page, Update};
use crate::error::StoreError;
use crate::id::{AppId, EnvironmentId};
use crate::records::Records;
use crate::time::Timestamp;
use crate::value::Marker;

/// The environments of an app for which this holds, without those that are being deleted.
fn find(app: AppId, which: Filter<Environment>) -> Find<Environment> {
    Environment::find(&app).filter(which).filter(Environment::DELETED_AT.is_null())
}

/// A change of an environment that is not being deleted.
fn update(app: AppId, id: EnvironmentId) -> Update<Environment> {
    Environment::update(&app).filter(Environment::ID.eq(id)).filter(Environment::DELETED_AT.is_null())
}

/// Environments of apps. Those that are being deleted are found by no look-up and no list.
#[async_trait]
pub trait EnvironmentStore: Records {
    /// Adds an environment.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the slug is taken or another one is the default, [`StoreError::Reference`] where
    /// the app is gone.
    async fn create_environment(&self, app: AppId, environment: &Environment) -> Result<(), StoreError> {
        environment.insert(&app, self).await
    }

    /// The environment with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn environment(&self, app: AppId, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        find(app, Environment::ID.eq(id)).one(self).await
    }

    /// The environment with this slug.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn environment_by_slug(&self, app: AppId, slug: &str) -> Result<Option<Environment>, StoreError> {
        find(app, Environment::SLUG.eq(slug)).one(self).await
    }

    /// The app's default environment.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn default_environment(&self, app: AppId) -> Result<Option<Environment>, StoreError> {
        find(app, Environment::IS_DEFAULT.eq(true)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the environment as it was read: what others changed
    /// since stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_environment(
        &self,
        app: AppId,
        before: &Environment,
        after: &Environment,
    ) -> Result<Environment, StoreError> {
        update(app, before.id).set_changed(before, after).existing(self).await
    }

    /// Takes the default flag from the environment that has it. Part of a transaction that sets it elsewhere.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn clear_default_environment(&self, app: AppId, now: Timestamp) -> Result<u64, StoreError> {
        Environment::update(&app)
            .filter(Environment::IS_DEFAULT.eq(true))
            .set(Environment::IS_DEFAULT, Marker(false))
            .set(Environment::UPDATED_AT, now)
            .all(self)
            .await
    }

    /// Gives the default flag to an environment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where another one has it.
    async fn mark_default_environment(
        &self,
        app: AppId,
        id: EnvironmentId,
        now: Timestamp,
    ) -> Result<Environment, StoreError> {
        let marked = update(app, id).set(Environment::IS_DEFAULT, Marker(true));
        marked.set(Environment::UPDATED_AT, now).existing(self).await
    }

    /// Suspends the environment, or ends its suspension.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn set_environment_active(
        &self,
        app: AppId,
        id: EnvironmentId,
        active: bool,
        now: Timestamp,
    ) -> Result<Environment, StoreError> {
        let changed = update(app, id).set(Environment::IS_ACTIVE, active);
        changed.set(Environment::UPDATED_AT, now).existing(self).await
    }

    /// Deletes the environment softly: it is found no more, its slug is free again. Its rows are removed by a job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there, is deleted already, or is the default.
    async fn delete_environment(&self, app: AppId, id: EnvironmentId, now: Timestamp) -> Result<(), StoreError> {
        let other = update(app, id).filter(Environment::IS_DEFAULT.is_null());
        other.set(Environment::DELETED_AT, Some(now)).existing(self).await.map(|_| ())
    }

    /// Deletes every environment of an app softly, the default one too; says how many. Part of the app's deletion.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_app_environments(&self, app: AppId, now: Timestamp) -> Result<u64, StoreError> {
        let update = Environment::update(&app).filter(Environment::DELETED_AT.is_null());
        update.set(Environment::DELETED_AT, Some(now)).all(self).await
    }

    /// Removes the row of an environment that was deleted softly and is empty.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Reference`] while rows belong to it.
    async fn erase_environment(&self, app: AppId, id: EnvironmentId) -> Result<(), StoreError> {
        let delete = Environment::delete(&app).filter(Environment::DELETED_AT.is_not_null());
        delete.by_id(&id, self).await
    }

    /// A page of the app's environments, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_environments(
        &self,
        app: AppId,
        page: Page<EnvironmentId>,
    ) -> Result<Listed<Environment>, StoreError> {
        Environment::find(&app).filter(Environment::DELETED_AT.is_null()).page(page, self).await
    }
}

impl<R: Records + ?Sized> EnvironmentStore for R {}
