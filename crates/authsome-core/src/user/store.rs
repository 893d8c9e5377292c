//! [`UserStore`].

use async_trait::async_trait;

use super::User;
use super::search::Search;
use crate::entity::{Entity, Listed, Page};
use crate::error::StoreError;
use crate::id::UserId;
use crate::identity::{Email, Identifier, Phone, Username};
use crate::records::Records;
use crate::scope::Scope;
use crate::time::Timestamp;

/// Which users a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// With this address.
    pub email: Option<Email>,
    /// Whose canonical address, username, or phone number begins with this text.
    pub prefix: Option<String>,
    /// Banned, or not banned.
    pub banned: Option<bool>,
}

/// Users. Those that are deleted softly are found by no look-up and no list.
#[async_trait]
pub trait UserStore: Records {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the address, username or number is taken.
    async fn create_user(&self, scope: &Scope, user: &User) -> Result<(), StoreError> {
        user.insert(scope, self).await
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user(&self, scope: &Scope, id: UserId) -> Result<Option<User>, StoreError> {
        User::find(scope).filter(User::ID.eq(id)).filter(User::DELETED_AT.is_null()).one(self).await
    }

    /// The user with this address.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_by_email(&self, scope: &Scope, email: &Email) -> Result<Option<User>, StoreError> {
        let query = User::find(scope).filter(User::EMAIL_KEY.eq(email.key()));
        query.filter(User::DELETED_AT.is_null()).one(self).await
    }

    /// The user with this number.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_by_phone(&self, scope: &Scope, phone: &Phone) -> Result<Option<User>, StoreError> {
        let query = User::find(scope).filter(User::PHONE.eq(phone.number()));
        query.filter(User::DELETED_AT.is_null()).one(self).await
    }

    /// The user with this username.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_by_username(&self, scope: &Scope, username: &Username) -> Result<Option<User>, StoreError> {
        let query = User::find(scope).filter(User::USERNAME_KEY.eq(username.key()));
        query.filter(User::DELETED_AT.is_null()).one(self).await
    }

    /// The user whom this identifies.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_by_identifier(&self, scope: &Scope, identifier: &Identifier) -> Result<Option<User>, StoreError> {
        match identifier {
            Identifier::Email(email) => self.user_by_email(scope, email).await,
            Identifier::Phone(phone) => self.user_by_phone(scope, phone).await,
            Identifier::Username(username) => self.user_by_username(scope, username).await,
        }
    }

    /// Writes the fields in which `after` differs from `before`, the user as it was read: what others changed since
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there or is deleted, [`StoreError::Conflict`].
    async fn update_user(&self, scope: &Scope, before: &User, after: &User) -> Result<User, StoreError> {
        let update = User::update(scope).filter(User::ID.eq(before.id)).filter(User::DELETED_AT.is_null());
        update.set_changed(before, after).existing(self).await
    }

    /// Deletes the user softly: its names are free again, its row stays until it is erased.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there or is deleted already.
    async fn delete_user(&self, scope: &Scope, id: UserId, now: Timestamp) -> Result<(), StoreError> {
        let update = User::update(scope).filter(User::ID.eq(id)).filter(User::DELETED_AT.is_null());
        update.set(User::DELETED_AT, Some(now)).existing(self).await.map(|_| ())
    }

    /// Removes the user's row, deleted softly or not, with what refers to it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn erase_user(&self, scope: &Scope, id: UserId) -> Result<(), StoreError> {
        User::delete(scope).by_id(&id, self).await
    }

    /// A page of users, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list_users(
        &self,
        scope: &Scope,
        query: &UserQuery,
        page: Page<UserId>,
    ) -> Result<Listed<User>, StoreError> {
        Search::new(scope, query).page(page, self).await
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn count_users(&self, scope: &Scope, query: &UserQuery) -> Result<u64, StoreError> {
        Search::new(scope, query).count(self).await
    }
}

impl<R: Records + ?Sized> UserStore for R {}
