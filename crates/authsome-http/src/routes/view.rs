//! What answers show of devices, and the answers with one thing or a page.

use schemars::JsonSchema;
use serde::Serialize;

use authsome_core::device::Device;
use authsome_core::entity::Listed;
use authsome_core::id::{DeviceId, EnvironmentId, UserId};
use authsome_core::time::Timestamp;
use authsome_core::user::UserView;
use authsome_core::view;

view! {
    /// A device that a user signs in with.
    #[schemars(rename = "Device")]
    pub(super) struct DeviceView of device: Device {
        id: DeviceId,
        env_id: EnvironmentId = device.scope.env_id,
        user_id: UserId,
        name: Option<String>,
        user_agent: Option<String>,
        ip: Option<String>,
        trusted: bool,
        last_seen_at: Timestamp,
        created_at: Timestamp,
        updated_at: Timestamp,
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
