//! [`Claims`].

use serde::{Deserialize, Serialize};

use crate::id::{AppId, EnvironmentId, SessionId, UserId};

/// What a session's token claims. Times are seconds since the Unix epoch (RFC 7519, section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: the public URL.
    pub iss: String,
    /// Audience: the app.
    pub aud: AppId,
    /// The user.
    pub sub: UserId,
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub env_id: EnvironmentId,
    /// The session.
    pub sid: SessionId,
    /// Issued at.
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Not valid from then on.
    pub exp: i64,
    /// The token's own id.
    pub jti: String,
}
