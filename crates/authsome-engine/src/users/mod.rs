//! [`Users`].

mod change;
mod create;
mod delete;
mod export;
mod update;

use authsome_context::EnvironmentContext;
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::id::UserId;
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::user::{User, UserQuery};

pub use create::NewUser;
pub use update::{ProfilePatch, UserPatch};

/// An environment's users.
#[derive(Clone, Debug)]
pub struct Users {
    pub(crate) at: EnvironmentContext,
}

impl Users {
    /// The user with this id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get(&self, id: UserId) -> Result<User, Error> {
        self.at.store().user(&self.at.scope(), id).await?.ok_or_else(Error::not_found)
    }

    /// The user with this address, in any spelling.
    ///
    /// # Errors
    /// `invalid_request` if it is not an address; `not_found`, `unavailable`.
    pub async fn get_by_email(&self, email: &str) -> Result<User, Error> {
        let email: Email = email.parse().map_err(|error| Error::invalid("email", format!("{error}")))?;
        self.at.store().user_by_email(&self.at.scope(), &email).await?.ok_or_else(Error::not_found)
    }

    /// The user with this username, in any spelling.
    ///
    /// # Errors
    /// `invalid_request` if it is not a username; `not_found`, `unavailable`.
    pub async fn get_by_username(&self, username: &str) -> Result<User, Error> {
        let username: Username = username.parse().map_err(|error| Error::invalid("username", format!("{error}")))?;
        self.at.store().user_by_username(&self.at.scope(), &username).await?.ok_or_else(Error::not_found)
    }

    /// The user with this phone number.
    ///
    /// # Errors
    /// `invalid_request` if it is not a number; `not_found`, `unavailable`.
    pub async fn get_by_phone(&self, phone: &str) -> Result<User, Error> {
        let phone: Phone = phone.parse().map_err(|error| Error::invalid("phone", format!("{error}")))?;
        self.at.store().user_by_phone(&self.at.scope(), &phone).await?.ok_or_else(Error::not_found)
    }

    /// A page of users, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, query: &UserQuery, page: Page<UserId>) -> Result<Listed<User, UserId>, Error> {
        Ok(self.at.store().list_users(&self.at.scope(), query, page).await?)
    }
}

/// Which of a user's names another user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Email,
    Username,
    Phone,
}

impl Taken {
    pub(crate) fn conflict(self) -> Error {
        let detail = match self {
            Self::Email => "the address is taken",
            Self::Username => "the username is taken",
            Self::Phone => "the phone number is taken",
        };
        Error::new(Code::Conflict, detail)
    }

    /// The name of a unique index.
    fn of_index(error: &StoreError) -> Option<Self> {
        let indexes = [
            ("authsome_users_email_key", Self::Email),
            ("authsome_users_username_key", Self::Username),
            ("authsome_users_phone_key", Self::Phone),
        ];
        indexes.into_iter().find_map(|(index, taken)| error.is_conflict_on(index).then_some(taken))
    }
}

/// The error of a write of a user, with the name that is taken.
pub(crate) fn name_conflict(error: StoreError) -> Error {
    Taken::of_index(&error).map_or_else(|| error.into(), Taken::conflict)
}

/// The name of a new user that another user has: usernames and numbers first, so that an answer about them says nothing
/// about an address.
pub(crate) async fn taken_name<R: Records + ?Sized>(
    scope: &Scope,
    user: &User,
    records: &R,
) -> Result<Option<Taken>, StoreError> {
    let among = || User::find(scope).filter(User::DELETED_AT.is_null());
    if let Some(key) = &user.username_key
        && among().filter(User::USERNAME_KEY.eq(key)).one(records).await?.is_some()
    {
        return Ok(Some(Taken::Username));
    }
    if let Some(phone) = &user.phone
        && among().filter(User::PHONE.eq(phone)).one(records).await?.is_some()
    {
        return Ok(Some(Taken::Phone));
    }
    let email = among().filter(User::EMAIL_KEY.eq(&user.email_key)).one(records).await?;
    Ok(email.map(|_| Taken::Email))
}
