//! [`Permission`]: what a credential may do, as `resource:action`.

use std::fmt;
use std::str::FromStr;

use crate::text_enum;

text_enum! {
    /// The resource of a permission.
    pub enum Resource {
        /// Users.
        Users = "users",
        /// Their sessions.
        Sessions = "sessions",
        /// Organizations, members, teams, invitations.
        Organizations = "organizations",
        /// Webhooks.
        Webhooks = "webhooks",
        /// Mails and messages.
        Notifications = "notifications",
        /// API keys.
        ApiKeys = "api_keys",
        /// Forms.
        Forms = "forms",
        /// The look of pages.
        Branding = "branding",
        /// Settings.
        Settings = "settings",
        /// Roles.
        Roles = "roles",
        /// What happened.
        Audit = "audit",
        /// The environment itself.
        Environments = "environments",
        /// Keys for the application's own interface.
        Keys = "keys",
    }
}

text_enum! {
    /// What a permission allows.
    pub enum Access {
        /// Looking.
        Read = "read",
        /// Changing.
        Write = "write",
        /// Both.
        Any = "*",
    }
}

/// What a credential may do: a resource and an action, written `users:read`, `users:write` or `users:*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// What it is about.
    pub resource: Resource,
    /// What it allows.
    pub access: Access,
}

impl Permission {
    /// A permission to look.
    #[must_use]
    pub const fn read(resource: Resource) -> Self {
        Self { resource, access: Access::Read }
    }

    /// A permission to change.
    #[must_use]
    pub const fn write(resource: Resource) -> Self {
        Self { resource, access: Access::Write }
    }

    /// Whether this one includes the other.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.resource == other.resource && (self.access == Access::Any || self.access == other.access)
    }

    /// Whether permissions in their written form include this one. An unreadable one allows nothing.
    #[must_use]
    pub fn is_among(self, granted: &[String]) -> bool {
        let granted: Vec<Self> = granted.iter().filter_map(|text| text.parse().ok()).collect();
        let has = |wanted: Self| granted.iter().any(|permission| permission.covers(wanted));
        let both = || has(Self::read(self.resource)) && has(Self::write(self.resource));
        has(self) || (self.access == Access::Any && both())
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource.as_str(), self.access.as_str())
    }
}

/// A text is not a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a permission is written resource:action, where the action is read, write or *, such as users:read")]
pub struct PermissionError;

impl FromStr for Permission {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let (resource, access) = text.split_once(':').ok_or(PermissionError)?;
        Ok(Self {
            resource: resource.parse().map_err(|_| PermissionError)?,
            access: access.parse().map_err(|_| PermissionError)?,
        })
    }
}

crate::value::serde_text!(Permission);

impl schemars::JsonSchema for Permission {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Permission".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<&str> = Resource::ALL.iter().map(|resource| resource.as_str()).collect();
        let pattern = format!("^({}):(read|write|\\*)$", words.join("|"));
        schemars::json_schema!({"type": "string", "pattern": pattern, "examples": ["users:read"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(wanted: &str, granted: &[&str]) -> bool {
        let granted: Vec<String> = granted.iter().map(|&text| text.to_owned()).collect();
        wanted.parse::<Permission>().unwrap().is_among(&granted)
    }

    #[test]
    fn a_permission_covers_itself_and_a_star_covers_both_actions_of_its_resource() {
        assert!(among("users:read", &["users:read"]) && among("users:write", &["audit:read", "users:*"]));
        assert!(among("users:*", &["users:*"]) && among("users:*", &["users:write", "users:read"]));
        for granted in [&[][..], &["users:write"], &["sessions:*"], &["users"], &["*:*"], &["*"], &["users:read "]] {
            assert!(!among("users:read", granted), "{granted:?}");
        }
        assert!(!among("users:*", &["users:read"]));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["users:read", "api_keys:*", "environments:write"] {
            assert_eq!(text.parse::<Permission>().unwrap().to_string(), text);
        }
        for text in ["", ":", "users", "users:", ":read", "users:reed", "user:read", "users:read:write", "*:read"] {
            assert_eq!(text.parse::<Permission>(), Err(PermissionError), "{text}");
        }
    }
}
