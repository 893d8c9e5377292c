//! [`User`].

use crate::entity::Entity;
use crate::environment::Environment;
use crate::id::UserId;
use crate::identity::{Email, Phone, Username};
use crate::metadata::Metadata;
use crate::scope::Scope;
use crate::time::Timestamp;

/// A person's account in one environment. Deleted softly: `deleted_at` is set, and the names are free again.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_users", scope = PerEnvironment)]
#[index(name = "authsome_users_email_key", columns(email_key), unique, only_where_null = deleted_at)]
#[index(name = "authsome_users_username_key", columns(username_key), unique, only_where_null = deleted_at)]
#[index(name = "authsome_users_phone_key", columns(phone), unique, only_where_null = deleted_at)]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct User {
    /// Id.
    #[entity(id)]
    pub id: UserId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// E-mail address as it was registered. Mail goes here.
    #[entity(max_len = 254)]
    pub email: String,
    /// Canonical form of the address.
    #[entity(max_len = 254)]
    pub email_key: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// Username as it was chosen.
    #[entity(max_len = 64)]
    pub username: Option<String>,
    /// Canonical form of the username.
    #[entity(max_len = 64)]
    pub username_key: Option<String>,
    /// Phone number (E.164).
    #[entity(max_len = 16)]
    pub phone: Option<String>,
    /// Whether the number was proven.
    pub phone_verified: bool,
    /// Display name.
    #[entity(max_len = 200)]
    pub name: Option<String>,
    /// URL of a picture.
    pub image: Option<String>,
    /// The application's metadata.
    #[entity(json, max_len = 16384)]
    pub metadata: Metadata,
    /// Whether sign-in is refused.
    pub banned: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

impl User {
    /// A new account with this address and nothing else.
    #[must_use]
    pub fn new(id: UserId, scope: Scope, email: &Email, now: Timestamp) -> Self {
        Self {
            id,
            scope,
            email: email.address().to_owned(),
            email_key: email.key().to_owned(),
            email_verified: false,
            username: None,
            username_key: None,
            phone: None,
            phone_verified: false,
            name: None,
            image: None,
            metadata: Metadata::default(),
            banned: false,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        }
    }

    /// Replaces the address and its canonical form; the new one is not proven.
    pub fn set_email(&mut self, email: &Email) {
        email.address().clone_into(&mut self.email);
        email.key().clone_into(&mut self.email_key);
        self.email_verified = false;
    }

    /// Replaces the username and its canonical form.
    pub fn set_username(&mut self, username: Option<&Username>) {
        self.username = username.map(|username| username.name().to_owned());
        self.username_key = username.map(|username| username.key().to_owned());
    }

    /// Replaces the phone number; the new one is not proven.
    pub fn set_phone(&mut self, phone: Option<&Phone>) {
        self.phone = phone.map(|phone| phone.number().to_owned());
        self.phone_verified = false;
    }
}
