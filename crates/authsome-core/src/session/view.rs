//! [`SessionView`]: what answers show of sessions.

use schemars::JsonSchema;
use serde::Serialize;

use super::Session;
use crate::id::{DeviceId, EnvironmentId, OrganizationId, SessionId, UserId};
use crate::plugin::SignedIn;
use crate::time::Timestamp;

/// The answer that holds a session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionAnswer")]
pub struct SessionAnswer {
    session: SessionView,
}

impl<S: Into<SessionView>> From<S> for SessionAnswer {
    fn from(session: S) -> Self {
        Self { session: session.into() }
    }
}

/// A session. Its tokens appear only in the answer that issues them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionView {
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
    /// How the person proved it (RFC 8176).
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
    /// A session with its new tokens.
    #[must_use]
    pub fn issued(issued: &SignedIn) -> Self {
        Self {
            token: Some(issued.token.expose().to_owned()),
            refresh_token: Some(issued.refresh_token.expose().to_owned()),
            ..Self::from(issued.session.clone())
        }
    }
}
