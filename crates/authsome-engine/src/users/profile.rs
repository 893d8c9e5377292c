//! Changing what a user says about themselves.

use authsome_core::error::Error;
use authsome_core::identity::Username;
use authsome_core::metadata::Metadata;
use authsome_core::user::User;
use serde_json::{Map, Value};

/// A change of a profile (RFC 7396). What is `None` stays; `Some(None)` takes a value away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfilePatch {
    /// Display name, at most 200 characters.
    pub name: Option<Option<String>>,
    /// Username.
    pub username: Option<Option<Username>>,
    /// What the application attached: a merge patch of it.
    pub metadata: Option<Option<Map<String, Value>>>,
}

impl ProfilePatch {
    pub(super) fn apply(&self, user: &mut User) -> Result<(), Error> {
        if let Some(name) = &self.name {
            user.name.clone_from(name);
        }
        if let Some(username) = &self.username {
            user.set_username(username.as_ref());
        }
        match &self.metadata {
            Some(Some(patch)) => {
                let merged = user.metadata.merged(patch);
                user.metadata = merged.map_err(|error| Error::invalid("metadata", error.to_string()))?;
            }
            Some(None) => user.metadata = Metadata::default(),
            None => {}
        }
        Ok(())
    }

    /// The names of the fields that it changes.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("name", self.name.is_some()),
            ("username", self.username.is_some()),
            ("metadata", self.metadata.is_some()),
        ];
        fields.into_iter().filter_map(|(field, changes)| changes.then_some(field)).collect()
    }
}
