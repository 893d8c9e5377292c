//! What answers show of devices, and the answers with one thing or a page.

use schemars::JsonSchema;
use serde::Serialize;

use authsome_core::device::Device;
use authsome_core::entity::Listed;
use authsome_core::id::{DeviceId, EnvironmentId, UserId};
use authsome_core::time::Timestamp;
use authsome_core::user::UserView;

/// A device that a user signs in with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Device")]
pub(super) struct DeviceView {
    id: DeviceId,
    env_id: EnvironmentId,
    user_id: UserId,
    name: Option<String>,
    user_agent: Option<String>,
    ip: Option<String>,
    trusted: bool,
    last_seen_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        Self {
            id: device.id,
            env_id: device.scope.env_id,
            user_id: device.user_id,
            name: device.name,
            user_agent: device.user_agent,
            ip: device.ip,
            trusted: device.trusted,
            last_seen_at: device.last_seen_at,
            created_at: device.created_at,
            updated_at: device.updated_at,
        }
    }
}

/// The answer that holds a user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserAnswer")]
pub(super) struct UserAnswer {
    pub(super) user: UserView,
}
/// The answer that holds a device.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeviceAnswer")]
pub(super) struct DeviceAnswer {
    pub(super) device: DeviceView,
}

/// A page of a list, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct ListView<T> {
    data: Vec<T>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

impl<T> ListView<T> {
    pub(super) fn of<E: Into<T>, Id: ToString>(listed: Listed<E, Id>) -> Self {
        let next_cursor = listed.next_cursor.map(|id| id.to_string());
        Self { data: listed.data.into_iter().map(Into::into).collect(), next_cursor }
    }
}
