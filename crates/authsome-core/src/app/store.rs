//! [`AppStore`].

use async_trait::async_trait;

use super::App;
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::AppId;
use crate::records::Records;
use crate::time::Timestamp;

/// Apps. Those that are being deleted are found by no look-up and no list.
#[async_trait]
pub trait AppStore: Records {
    /// Adds an app.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the slug or key is taken.
    async fn create_app(&self, app: &App) -> Result<(), StoreError> {
        app.insert((), self).await
    }

    /// Adds an app where none is in conflict with it; says whether it did. Of callers at once, one does.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn create_app_if_absent(&self, app: &App) -> Result<bool, StoreError> {
        app.insert_if_absent((), self).await
    }

    /// The app with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn app(&self, id: AppId) -> Result<Option<App>, StoreError> {
        App::find(()).filter(App::ID.eq(id)).filter(App::DELETED_AT.is_null()).one(self).await
    }

    /// The app with this slug.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn app_by_slug(&self, slug: &str) -> Result<Option<App>, StoreError> {
        App::find(()).filter(App::SLUG.eq(slug)).filter(App::DELETED_AT.is_null()).one(self).await
    }

    /// The app with this publishable key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn app_by_publishable_key(&self, key: &str) -> Result<Option<App>, StoreError> {
        let find = App::find(()).filter(App::PUBLISHABLE_KEY.eq(key));
        find.filter(App::DELETED_AT.is_null()).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the app as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_app(&self, before: &App, after: &App) -> Result<App, StoreError> {
        let update = App::update(()).filter(App::ID.eq(before.id)).filter(App::DELETED_AT.is_null());
        update.set_changed(before, after).existing(self).await
    }

    /// Deletes an app softly: it is found no more, its slug is free again. Its environments are removed by a job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there, or is deleted already.
    async fn delete_app(&self, id: AppId, now: Timestamp) -> Result<(), StoreError> {
        let update = App::update(()).filter(App::ID.eq(id)).filter(App::DELETED_AT.is_null());
        update.set(App::DELETED_AT, Some(now)).existing(self).await.map(|_| ())
    }

    /// Removes the row of an app that was deleted softly and has no environments.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Reference`] while it has environments.
    async fn erase_app(&self, id: AppId) -> Result<(), StoreError> {
        App::delete(()).filter(App::DELETED_AT.is_not_null()).by_id(&id, self).await
    }

    /// A page of apps, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_apps(&self, page: Page<AppId>) -> Result<Listed<App>, StoreError> {
        App::find(()).filter(App::DELETED_AT.is_null()).page(page, self).await
    }
}

impl<R: Records + ?Sized> AppStore for R {}
