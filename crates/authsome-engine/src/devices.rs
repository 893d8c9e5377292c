//! [`Devices`].

use authsome_context::{EnvironmentContext, nothing};
use authsome_core::device::Device;
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::error::Error;
use authsome_core::id::{DeviceId, UserId};

use crate::patch;

/// A change of a device. `None` leaves a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicePatch {
    /// Name that the user gives it, at most 200 characters; `Some(None)` removes it.
    pub name: Option<Option<String>>,
    /// Whether the user trusts it; `Some(None)` is the default, false.
    pub trusted: Option<Option<bool>>,
}

/// An environment's devices.
#[derive(Clone, Debug)]
pub struct Devices {
    pub(crate) at: EnvironmentContext,
}

impl Devices {
    /// A page of a user's devices, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, user: UserId, page: Page<DeviceId>) -> Result<Listed<Device, DeviceId>, Error> {
        Ok(self.at.store().list_user_devices(&self.at.scope(), user, page).await?)
    }

    /// Changes one of a user's devices.
    ///
    /// # Errors
    /// `not_found`, also for another user's; `invalid_request` if the name is too long; `unavailable`.
    pub async fn update(&self, user: UserId, id: DeviceId, change: &DevicePatch) -> Result<Device, Error> {
        let (at, now) = (&self.at, self.at.now());
        let scope = &at.scope();
        at.transaction(|tx| async move {
            let found = tx.device(scope, id).await?.filter(|device| device.user_id == user);
            let found = found.ok_or_else(Error::not_found)?;
            let mut device = found.clone();
            patch::set(&mut device.name, change.name.as_ref());
            patch::set(&mut device.trusted, change.trusted.map(Option::unwrap_or_default).as_ref());
            device.updated_at = now;
            let device = tx.update_device(scope, &found, &device).await?;
            at.event_by(&user, now, "device.updated", &id, nothing())?.insert(scope, &*tx).await?;
            Ok(device)
        })
        .await
    }

    /// Forgets one of a user's devices. Its sessions stay.
    ///
    /// # Errors
    /// `not_found`, also for another user's; `unavailable`.
    pub async fn delete(&self, user: UserId, id: DeviceId) -> Result<(), Error> {
        let (at, scope) = (&self.at, &self.at.scope());
        at.transaction(|tx| async move {
            let found = tx.device(scope, id).await?.filter(|device| device.user_id == user);
            found.ok_or_else(Error::not_found)?;
            tx.clear_session_device(scope, id).await?;
            tx.delete_device(scope, id).await?;
            Ok(at.event_by(&user, at.now(), "device.deleted", &id, nothing())?.insert(scope, &*tx).await?)
        })
        .await
    }
}
