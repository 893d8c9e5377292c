//! Signing in with a password.

use authsome_core::error::{Code, Error};
use authsome_core::identity::Identifier;
use authsome_core::plugin::SignInOutcome;
use authsome_core::route::Client;
use authsome_core::secret::Password;

use super::Auth;
use super::complete::{TRIES, changed_meanwhile, complete};
use crate::lockout::Subject;
use crate::passwords;

/// A sign-in with a password.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The person's name.
    pub identifier: Identifier,
    /// The password.
    pub password: Password,
}

impl SignIn {
    /// A person with an address, a username or a phone number, and a password.
    #[must_use]
    pub fn new(identifier: impl Into<Identifier>, password: Password) -> Self {
        Self { identifier: identifier.into(), password }
    }
}

impl Auth {
    /// Signs in with a password.
    ///
    /// # Errors
    /// `invalid_credentials` alike for an unknown account, a deleted one, one without a password, and a wrong password;
    /// `account_locked`; those of [`Auth::complete_sign_in`]. Errors that reveal the account come only after a right
    /// password.
    pub async fn sign_in(&self, sign_in: SignIn, client: &Client) -> Result<SignInOutcome, Error> {
        let mut at = self.at.with_client(client);
        for _ in 0..TRIES {
            at.require_method(passwords::METHOD)?;
            let user = at.store().user_by_identifier(&at.scope(), &sign_in.identifier).await?;
            let id = user.as_ref().map(|user| user.id);
            let subject = Subject::of(&at, &sign_in.identifier, id);
            let verified = passwords::verify(&at, subject, id, &sign_in.password).await?;
            let user = user.ok_or_else(|| Error::new(Code::InvalidCredentials, "unknown account"))?;
            if let Some(outcome) = complete(&at, &user, passwords::proof(&verified)).await? {
                return Ok(outcome);
            }
            at = at.require_still_active(at.store()).await?;
        }
        Err(changed_meanwhile())
    }
}
