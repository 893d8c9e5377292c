//! [`Device`].

use crate::entity::Entity;
use crate::id::{DeviceId, UserId};
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::user::User;

/// A device that a user signs in with, recognized by a fingerprint.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_devices", scope = PerEnvironment)]
#[index(name = "authsome_devices_fingerprint_key", columns(user_id, fingerprint), unique)]
#[index(name = "authsome_devices_user_idx", columns(user_id, id))]
#[reference(user_id, to = User, on_delete = Cascade)]
pub struct Device {
    /// Id.
    #[entity(id)]
    pub id: DeviceId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The user.
    pub user_id: UserId,
    /// HMAC-SHA-256 of the device's features.
    pub fingerprint: [u8; 32],
    /// Name that the user gave it.
    #[entity(max_len = 200)]
    pub name: Option<String>,
    /// User agent it was last seen with.
    #[entity(max_len = 500)]
    pub user_agent: Option<String>,
    /// Address it was last seen at.
    #[entity(max_len = 64)]
    pub ip: Option<String>,
    /// Whether the user trusts it.
    pub trusted: bool,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
