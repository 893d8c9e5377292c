//! Making a user as an administrator.

use authsome_context::nothing;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{TypedId, UserId};
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::plugin::Redeem;
use authsome_core::secret::Password;
use authsome_core::user::User;

use super::{Taken, Users, taken_name};
use crate::passwords::{self, NewPassword};

/// A user that an administrator makes.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Address.
    pub email: Email,
    /// Whether the address is known to be the person's.
    pub email_verified: bool,
    /// Password. Without it, the person sets one by a reset, or signs in by another method.
    pub password: Option<Password>,
    /// Username.
    pub username: Option<Username>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Display name, at most 200 characters.
    pub name: Option<String>,
    /// The application's metadata.
    pub metadata: Metadata,
}

impl NewUser {
    /// A user with only an address.
    #[must_use]
    pub fn new(email: Email) -> Self {
        Self {
            email,
            email_verified: false,
            password: None,
            username: None,
            phone: None,
            name: None,
            metadata: Metadata::default(),
        }
    }
}

impl Users {
    /// Makes a user, also if self-registration is off. No mail is sent.
    ///
    /// # Errors
    /// `conflict` if a name is taken, `weak_password`, `method_not_allowed_here` for a password without a plugin for
    /// passwords; `unavailable`.
    pub async fn create(&self, new: NewUser) -> Result<User, Error> {
        let at = &self.at;
        let now = at.now();
        let mut user = User::new(UserId::generate(now, at.entropy())?, at.scope(), &new.email, now);
        user.email_verified = new.email_verified;
        user.set_username(new.username.as_ref());
        user.set_phone(new.phone.as_ref());
        user.name = new.name;
        user.metadata = new.metadata;
        let secret = match &new.password {
            Some(password) => Some(NewPassword::hash(passwords::method_for(at, password)?, password).await?),
            None => None,
        };
        let (scope, user_ref, secret) = (&at.scope(), &user, &secret);
        at.transaction(|tx| async move {
            if !user_ref.insert_if_absent(scope, &*tx).await? {
                let taken = taken_name(scope, user_ref, &*tx).await?;
                return Err(taken.map_or_else(|| StoreError::contention().into(), Taken::conflict));
            }
            if let Some(password) = secret {
                password.redeem(user_ref, &*tx).await?;
            }
            Ok::<_, Error>(at.event(now, "user.created", &user_ref.id, nothing())?.insert(scope, &*tx).await?)
        })
        .await?;
        Ok(user)
    }
}
