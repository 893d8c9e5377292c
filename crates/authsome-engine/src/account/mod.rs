//! [`Account`]: passwords and addresses, proven by mail.
//!
//! A mailed token acts in the environment that it belongs to, whatever the handle's is; a request that names another one
//! is told that there is no such token. What takes an address answers alike for known and unknown ones, in the same time:
//! it only queues a notification, and the job that works it off looks whether there is anyone to send it to.

mod address;
mod forgotten;
mod password;

use authsome_context::refusals::invalid_token;
use authsome_context::rules::tokens::Mailed;
use authsome_context::{EnvironmentContext, is_meant};
use authsome_core::authenticator::{self, Credential};
use authsome_core::error::Error;
use authsome_core::scope::Scope;
use authsome_core::secret::Token;

/// Passwords and addresses: reset, change, verification.
#[derive(Clone, Debug)]
pub struct Account {
    at: EnvironmentContext,
}

impl Account {
    pub(crate) const fn new(at: EnvironmentContext) -> Self {
        Self { at }
    }

    /// The row of a mailed token, with the environment that it belongs to.
    async fn mailed<E: Credential>(
        &self,
        kind: Mailed,
        token: &Token,
        named: Option<&str>,
        scope: fn(&E) -> Scope,
    ) -> Result<(E, EnvironmentContext), Error> {
        let foundation = self.at.foundation();
        let row = authenticator::resolve::<E>(&token.hash(), self.at.store()).await?.ok_or_else(invalid_token)?;
        let active = foundation.environment_of_scope(scope(&row)).await?.ok_or_else(invalid_token)?;
        if !is_meant(&active, named) {
            return Err(invalid_token());
        }
        let at = EnvironmentContext::new(foundation, active).with_client(self.at.client());
        at.require_active()?;
        require_accepted(&at, kind, token)?;
        Ok((row, at))
    }
}

/// Refuses a token that is neither derived from its row nor one that the environment's test codes make.
fn require_accepted(at: &EnvironmentContext, kind: Mailed, token: &Token) -> Result<(), Error> {
    let is_known = || at.test_codes().is_some_and(|codes| codes.makes(kind.prefix(), token));
    if kind.is_derived(token) || is_known() { Ok(()) } else { Err(invalid_token()) }
}
