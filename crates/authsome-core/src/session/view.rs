//! [`SessionView`]: what answers show of sessions.

use schemars::JsonSchema;
use serde::Serialize;

use super::Session;
use crate::id::{DeviceId, EnvironmentId, OrganizationId, SessionId, UserId};
use crate::plugin::SignedIn;
use crate::time::Timestamp;
use crate::view;

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

view! {
    /// A session. Its tokens appear only in the answer that issues them.
    #[schemars(rename = "Session")]
    pub struct SessionView of session: Session {
        id: SessionId,
        /// Sent as `Authorization: Bearer`.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String> = None,
        /// Exchanged for the next pair of tokens, once.
        #[serde(skip_serializing_if = "Option::is_none")]
        refresh_token: Option<String> = None,
        expires_at: Timestamp,
        refresh_expires_at: Timestamp,
        env_id: EnvironmentId = session.scope.env_id,
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
