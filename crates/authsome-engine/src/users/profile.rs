//! Changing a user's profile.

use authsome_core::error::Error;
use authsome_core::identity::Username;
use authsome_core::user::User;
use serde_json::{Map, Value};

use crate::patch;

/// A change of a profile (RFC 7396). `None` leaves a value; `Some(None)` removes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfilePatch {
    /// Display name, at most 200 characters.
    pub name: Option<Option<String>>,
    /// Username.
    pub username: Option<Option<Username>>,
    /// A merge patch of the metadata.
    pub metadata: Option<Option<Map<String, Value>>>,
}

impl ProfilePatch {
    pub(super) fn apply(&self, user: &mut User) -> Result<(), Error> {
        patch::set(&mut user.name, self.name.as_ref());
        if let Some(username) = &self.username {
            user.set_username(username.as_ref());
        }
        patch::merge(&mut user.metadata, self.metadata.as_ref())
    }

    /// Its fields, each with whether it changes.
    pub(super) fn fields(&self) -> [(&'static str, bool); 3] {
        [("name", self.name.is_some()), ("username", self.username.is_some()), ("metadata", self.metadata.is_some())]
    }
}
