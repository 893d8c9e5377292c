//! What answers show of users, sessions and devices.

use schemars::JsonSchema;
use serde::Serialize;

use authsome_core::device::Device;
use authsome_core::entity::Listed;
use authsome_core::id::{DeviceId, EnvironmentId, OrganizationId, SessionId, UserId};
use authsome_core::metadata::Metadata;
use authsome_core::session::Session;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_engine::Issued;

/// A user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub(super) struct UserView {
    id: UserId,
    env_id: EnvironmentId,
    email: String,
    email_verified: bool,
    username: Option<String>,
    phone: Option<String>,
    phone_verified: bool,
    name: Option<String>,
    image: Option<String>,
    metadata: Metadata,
    banned: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            env_id: user.scope.env_id,
            email: user.email,
            email_verified: user.email_verified,
            username: user.username,
            phone: user.phone,
            phone_verified: user.phone_verified,
            name: user.name,
            image: user.image,
            metadata: user.metadata,
            banned: user.banned,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A session. Its tokens appear only where they are issued.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct SessionView {
    id: SessionId,
    /// Sent as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Exchanged for the next pair of tokens, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_at: Timestamp,
    refresh_expires_at: Timestamp,
    env_id: EnvironmentId,
    user_id: UserId,
    organization_id: Option<OrganizationId>,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    /// When the person last proved who they are.
    authenticated_at: Timestamp,
    /// How they did (RFC 8176).
    amr: Vec<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    device_id: Option<DeviceId>,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            token: None,
            refresh_token: None,
            expires_at: session.expires_at,
            refresh_expires_at: session.refresh_expires_at,
            env_id: session.scope.env_id,
            user_id: session.user_id,
            organization_id: session.organization_id,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            authenticated_at: session.authenticated_at,
            amr: session.amr,
            ip: session.ip,
            user_agent: session.user_agent,
            device_id: session.device_id,
        }
    }
}

impl SessionView {
    /// A session with the tokens that were just issued for it.
    pub(super) fn issued(issued: &Issued) -> Self {
        Self {
            token: Some(issued.token.expose().to_owned()),
            refresh_token: Some(issued.refresh_token.expose().to_owned()),
            ..Self::from(issued.session.clone())
        }
    }
}

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

/// The answer that holds a session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionAnswer")]
pub(super) struct SessionAnswer {
    pub(super) session: SessionView,
}

/// The answer that holds a device.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeviceAnswer")]
pub(super) struct DeviceAnswer {
    pub(super) device: DeviceView,
}

/// A user who signed in, with the session that was made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedIn")]
pub(super) struct SignedIn {
    pub(super) user: UserView,
    pub(super) session: SessionView,
}

/// A page of a list, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct ListView<T> {
    data: Vec<T>,
    /// What `cursor` takes for the next page; null on the last one.
    next_cursor: Option<String>,
}

impl<T> ListView<T> {
    pub(super) fn of<E: Into<T>, Id: ToString>(listed: Listed<E, Id>) -> Self {
        let next_cursor = listed.next_cursor.map(|id| id.to_string());
        Self { data: listed.data.into_iter().map(Into::into).collect(), next_cursor }
    }
}
