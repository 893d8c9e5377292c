//! Changing a user: the profile, or as an administrator.

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::plugin::Moment;
use authsome_core::user::User;
use serde_json::{Map, Value, json};

use super::{Users, name_conflict};
use crate::patch;
use crate::proofs::delete_proofs;

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
    fn apply(&self, user: &mut User) -> Result<(), Error> {
        patch::set(&mut user.name, self.name.as_ref());
        if let Some(username) = &self.username {
            user.set_username(username.as_ref());
        }
        patch::merge(&mut user.metadata, self.metadata.as_ref())
    }

    /// Its fields, each with whether it changes.
    fn fields(&self) -> [(&'static str, bool); 3] {
        [("name", self.name.is_some()), ("username", self.username.is_some()), ("metadata", self.metadata.is_some())]
    }
}

/// A change of a user by an administrator (RFC 7396). `None` leaves a value; `Some(None)` removes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserPatch {
    /// Display name, username and metadata.
    pub profile: ProfilePatch,
    /// Address. It is unverified unless the same change says otherwise.
    pub email: Option<Email>,
    /// Whether the address is known to be the person's.
    pub email_verified: Option<bool>,
    /// Phone number. It is unverified unless the same change says otherwise.
    pub phone: Option<Option<Phone>>,
    /// Whether the number is known to be the person's.
    pub phone_verified: Option<bool>,
    /// URL of a picture, at most 2,000 characters.
    pub image: Option<Option<String>>,
}

impl UserPatch {
    fn applied(&self, found: &User) -> Result<User, Error> {
        let mut user = found.clone();
        self.profile.apply(&mut user)?;
        if let Some(email) = &self.email {
            user.set_email(email);
            user.email_verified = found.email_verified && user.email_key == found.email_key;
        }
        patch::set(&mut user.email_verified, self.email_verified.as_ref());
        if let Some(phone) = &self.phone {
            user.set_phone(phone.as_ref());
            user.phone_verified = found.phone_verified && user.phone == found.phone;
        }
        patch::set(&mut user.phone_verified, self.phone_verified.as_ref());
        if self.phone_verified == Some(true) && user.phone.is_none() {
            return Err(Error::invalid("phone_verified", "the user has no phone number"));
        }
        patch::set(&mut user.image, self.image.as_ref());
        Ok(user)
    }

    /// The names of the fields that it changes.
    fn fields(&self) -> Vec<&'static str> {
        let own = [
            ("email", self.email.is_some()),
            ("email_verified", self.email_verified.is_some()),
            ("phone", self.phone.is_some()),
            ("phone_verified", self.phone_verified.is_some()),
            ("image", self.image.is_some()),
        ];
        let fields = self.profile.fields().into_iter().chain(own);
        fields.filter_map(|(field, changes)| changes.then_some(field)).collect()
    }
}

impl Users {
    /// Changes a user. If the address changes, mailed tokens and tickets of the user are void. No mail is sent.
    ///
    /// # Errors
    /// `not_found`; `conflict` if a name is taken; `invalid_request`; a hook's refusal; `unavailable`.
    pub async fn update(&self, id: UserId, patch: &UserPatch) -> Result<User, Error> {
        let at = &self.at;
        let now = at.now();
        let planned = patch.applied(&self.get(id).await?)?;
        at.before(now, Moment::UserUpdate { user: &planned }).await?;
        let scope = &at.scope();
        let user = at
            .transaction(|tx| async move {
                let found = tx.user(scope, id).await?.ok_or_else(Error::not_found)?;
                let user = User { updated_at: now, ..patch.applied(&found)? };
                let user = tx.update_user(scope, &found, &user).await.map_err(name_conflict)?;
                if user.email_key != found.email_key {
                    delete_proofs(at, id, &*tx).await?;
                }
                let data = json!({ "fields": patch.fields() });
                at.event(now, "user.updated", &id, data)?.insert(scope, &*tx).await?;
                Ok::<_, Error>(user)
            })
            .await?;
        at.after(now, Moment::UserUpdate { user: &user }).await;
        Ok(user)
    }

    /// Changes a profile.
    ///
    /// # Errors
    /// `not_found`; `conflict` if the username is taken; `invalid_request` if something is too long; a hook's refusal;
    /// `unavailable`.
    pub async fn update_profile(&self, id: UserId, patch: &ProfilePatch) -> Result<User, Error> {
        self.update(id, &UserPatch { profile: patch.clone(), ..UserPatch::default() }).await
    }
}
