//! Making a user as an administrator.

use authsome_context::nothing;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{TypedId, UserId};
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::secret::Password;
use authsome_core::user::User;

use super::{Users, taken_name};
use crate::passwords;

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
            Some(password) => {
                let method = passwords::method_for(at, password)?;
                let digest = method.hash(password).await?;
                Some((method, digest))
            }
            None => None,
        };
        let event = at.event(now, "user.created", &user.id, nothing())?;
        let (scope, user_ref, secret, event) = (&at.scope(), &user, &secret, &event);
        at.transaction(|tx| async move {
            if !user_ref.insert_if_absent(scope, &*tx).await? {
                return match taken_name(scope, user_ref, &*tx).await? {
                    Some(taken) => Err(taken.conflict()),
                    None => Err(StoreError::contention().into()),
                };
            }
            if let Some((method, digest)) = secret {
                method.set(&*tx, scope, user_ref.id, digest, now).await?;
            }
            Ok::<_, Error>(event.insert(scope, &*tx).await?)
        })
        .await?;
        Ok(user)
    }
}
