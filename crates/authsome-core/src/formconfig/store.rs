//! [`FormConfigStore`] and [`BrandingStore`].

use async_trait::async_trait;

use super::{Branding, FormConfig};
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::{BrandingId, FormConfigId, OrganizationId};
use crate::records::Records;
use crate::scope::Scope;

/// Forms.
#[async_trait]
pub trait FormConfigStore: Records {
    /// Adds a form, or replaces the fields of the one of its type. One step.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn put_form_config(&self, scope: &Scope, form: &FormConfig) -> Result<FormConfig, StoreError> {
        form.upsert(scope)
            .on(FormConfig::FORM_TYPE)
            .set(FormConfig::FIELDS, crate::value::Json(form.fields.clone()))
            .set(FormConfig::UPDATED_AT, form.updated_at)
            .run(self)
            .await
    }

    /// The form of this type.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn form_config(&self, scope: &Scope, form_type: &str) -> Result<Option<FormConfig>, StoreError> {
        FormConfig::find(scope).filter(FormConfig::FORM_TYPE.eq(form_type)).one(self).await
    }

    /// Deletes a form.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_form_config(&self, scope: &Scope, id: FormConfigId) -> Result<(), StoreError> {
        FormConfig::delete(scope).by_id(&id, self).await
    }

    /// A page of forms, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_form_configs(
        &self,
        scope: &Scope,
        page: Page<FormConfigId>,
    ) -> Result<Listed<FormConfig>, StoreError> {
        FormConfig::find(scope).page(page, self).await
    }
}

impl<R: Records + ?Sized> FormConfigStore for R {}

/// Branding of organizations.
#[async_trait]
pub trait BrandingStore: Records {
    /// Adds a branding, or replaces that of its organization. One step.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where the organization is gone.
    async fn put_branding(&self, scope: &Scope, branding: &Branding) -> Result<Branding, StoreError> {
        branding
            .upsert(scope)
            .on(Branding::ORGANIZATION_ID)
            .set(Branding::DISPLAY_NAME, branding.display_name.clone())
            .set(Branding::LOGO_URL, branding.logo_url.clone())
            .set(Branding::FAVICON_URL, branding.favicon_url.clone())
            .set(Branding::PRIMARY_COLOR, branding.primary_color.clone())
            .set(Branding::BACKGROUND_COLOR, branding.background_color.clone())
            .set(Branding::UPDATED_AT, branding.updated_at)
            .run(self)
            .await
    }

    /// The branding of an organization.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn branding(&self, scope: &Scope, organization: OrganizationId) -> Result<Option<Branding>, StoreError> {
        Branding::find(scope).filter(Branding::ORGANIZATION_ID.eq(organization)).one(self).await
    }

    /// Deletes a branding.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_branding(&self, scope: &Scope, id: BrandingId) -> Result<(), StoreError> {
        Branding::delete(scope).by_id(&id, self).await
    }

    /// A page of brandings, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_brandings(&self, scope: &Scope, page: Page<BrandingId>) -> Result<Listed<Branding>, StoreError> {
        Branding::find(scope).page(page, self).await
    }
}

impl<R: Records + ?Sized> BrandingStore for R {}
