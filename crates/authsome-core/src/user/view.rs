//! [`UserView`]: what answers show of users.

use schemars::JsonSchema;
use serde::Serialize;

use super::User;
use crate::id::{EnvironmentId, UserId};
use crate::metadata::Metadata;
use crate::session::SessionView;
use crate::time::Timestamp;
use crate::view;

view! {
    /// A user.
    #[schemars(rename = "User")]
    pub struct UserView of user: User {
        id: UserId,
        env_id: EnvironmentId = user.scope.env_id,
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
