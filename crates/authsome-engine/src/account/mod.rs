//! [`Account`]: passwords and addresses, proven by mail.
//!
//! A mailed token acts in the environment that it belongs to, whatever the handle's is; a request that names another one
//! is told that there is no such token. What takes an address answers alike for known and unknown ones, in the same time:
//! it only queues a notification, and the job that works it off looks whether there is anyone to send it to.

mod address;
mod forgotten;
mod password;

use authsome_core::authenticator::{self, Credential};
use authsome_core::error::{Code, Error};
use authsome_core::scope::Scope;
use authsome_core::secret::Token;

use crate::environment::EnvironmentHandle;
use crate::selection;
use crate::tokens::Mailed;

/// Passwords and addresses: reset, change, verification.
#[derive(Clone, Debug)]
pub struct Account {
    at: EnvironmentHandle,
}

impl Account {
    pub(crate) const fn new(at: EnvironmentHandle) -> Self {
        Self { at }
    }

    /// The row of a mailed token, with the environment that it belongs to.
    async fn mailed<E: Credential>(
        &self,
        kind: Mailed,
        token: &Token,
        named: Option<&str>,
        scope: fn(&E) -> Scope,
    ) -> Result<(E, EnvironmentHandle), Error> {
        let engine = self.at.engine();
        let row = authenticator::resolve::<E>(&token.hash(), self.at.store()).await?.ok_or_else(invalid_token)?;
        let active = engine.environment_of_scope(scope(&row)).await?.ok_or_else(invalid_token)?;
        if !selection::is_meant(&active, named) {
            return Err(invalid_token());
        }
        let at = engine.handle(active).with_client(self.at.client());
        at.require_active()?;
        require_accepted(&at, kind, token)?;
        Ok((row, at))
    }
}

/// Refuses a token that is neither derived from its row nor one that the environment's test codes make.
fn require_accepted(at: &EnvironmentHandle, kind: Mailed, token: &Token) -> Result<(), Error> {
    let is_known = || at.test_codes().is_some_and(|codes| codes.makes(kind.prefix(), token));
    if kind.is_derived(token) || is_known() { Ok(()) } else { Err(invalid_token()) }
}

/// What is answered where a mailed token or a ticket is not there.
pub(crate) fn invalid_token() -> Error {
    Error::new(Code::InvalidToken, "the link is wrong, used, or too old: ask for a new one")
}
