//! [`UserView`]: what answers show of users.

use schemars::JsonSchema;
use serde::Serialize;

use super::User;
use crate::id::{EnvironmentId, UserId};
use crate::metadata::Metadata;
use crate::session::SessionView;
use crate::time::Timestamp;

/// A user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserView {
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

/// A user who signed in, with the new session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedIn")]
pub struct SignedInView {
    /// The user.
    pub user: UserView,
    /// The session, with its tokens.
    pub session: SessionView,
}
