//! [`DeviceStore`].

use async_trait::async_trait;

use super::Device;
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::{DeviceId, UserId};
use crate::records::Records;
use crate::scope::Scope;

/// Devices.
#[async_trait]
pub trait DeviceStore: Records {
    /// Adds a device.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the user has one with this fingerprint, [`StoreError::Reference`] where the user
    /// is gone.
    async fn create_device(&self, scope: &Scope, device: &Device) -> Result<(), StoreError> {
        device.insert(scope, self).await
    }

    /// Adds the device, or notes on the one with the same fingerprint where and when it was seen. One step.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where the user is gone.
    async fn see_device(&self, scope: &Scope, device: &Device) -> Result<Device, StoreError> {
        device
            .upsert(scope)
            .on(Device::USER_ID)
            .on(Device::FINGERPRINT)
            .set(Device::USER_AGENT, device.user_agent.clone())
            .set(Device::IP, device.ip.clone())
            .set(Device::LAST_SEEN_AT, device.last_seen_at)
            .run(self)
            .await
    }

    /// The device with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn device(&self, scope: &Scope, id: DeviceId) -> Result<Option<Device>, StoreError> {
        Device::find(scope).filter(Device::ID.eq(id)).one(self).await
    }

    /// The user's device with this fingerprint.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn device_by_fingerprint(
        &self,
        scope: &Scope,
        user: UserId,
        fingerprint: [u8; 32],
    ) -> Result<Option<Device>, StoreError> {
        let find = Device::find(scope).filter(Device::USER_ID.eq(user));
        find.filter(Device::FINGERPRINT.eq(fingerprint)).one(self).await
    }

    /// Writes the fields in which `after` differs from `before`, the device as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`].
    async fn update_device(&self, scope: &Scope, before: &Device, after: &Device) -> Result<Device, StoreError> {
        Device::update(scope).filter(Device::ID.eq(before.id)).set_changed(before, after).existing(self).await
    }

    /// Deletes a device.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete_device(&self, scope: &Scope, id: DeviceId) -> Result<(), StoreError> {
        Device::delete(scope).by_id(&id, self).await
    }

    /// A page of a user's devices, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_user_devices(
        &self,
        scope: &Scope,
        user: UserId,
        page: Page<DeviceId>,
    ) -> Result<Listed<Device>, StoreError> {
        Device::find(scope).filter(Device::USER_ID.eq(user)).page(page, self).await
    }
}

impl<R: Records + ?Sized> DeviceStore for R {}
