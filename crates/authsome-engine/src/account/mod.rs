//! [`Account`]: passwords and addresses, proven by mail.
//!
//! A mailed token works only in its environment. Calls that take an address answer alike for known and unknown ones, in
//! the same time: they only queue a notification, and the job that sends it looks the account up.

mod address;
mod password;

use authsome_context::EnvironmentContext;
use authsome_context::rules::tokens::Mailed;
use authsome_core::authenticator::Credential;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::scope::PerEnvironment;
use authsome_core::secret::Token;

/// Passwords and addresses: reset, change, verification.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) at: EnvironmentContext,
}

impl Account {
    /// The row of a mailed token of this environment.
    async fn find<E: Credential + Entity<Scope = PerEnvironment>>(&self, token: &Token) -> Result<E, Error> {
        let find = E::find(&self.at.scope()).filter(E::HASH.eq(token.hash()));
        find.one(self.at.store()).await?.ok_or_else(Error::invalid_token)
    }

    /// Refuses mailed tokens in a suspended environment, and a token that does not belong to its row.
    fn require_usable(&self, kind: Mailed, token: &Token) -> Result<(), Error> {
        self.at.require_active()?;
        require_accepted(&self.at, kind, token)
    }
}

/// Refuses a token unless it is derived from its row or is a test code of the environment.
fn require_accepted(at: &EnvironmentContext, kind: Mailed, token: &Token) -> Result<(), Error> {
    let is_known = || at.test_codes().is_some_and(|codes| codes.makes(kind.prefix(), token));
    if kind.is_derived(token) || is_known() { Ok(()) } else { Err(Error::invalid_token()) }
}
