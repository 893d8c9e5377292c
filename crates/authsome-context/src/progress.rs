//! [`Progress`] of calls that change a whole environment.

use std::time::Duration;

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::environment::EnvironmentType;
use authsome_core::error::Error;
use tokio::time::Instant;

use crate::environment::EnvironmentContext;

/// How long one call works. The next call does the rest.
const BUDGET: Duration = Duration::from_secs(5);

/// How far a change of a whole environment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many this call changed.
    pub count: u64,
    /// Whether all are done. Otherwise, make the same call again to go on.
    pub complete: bool,
}

/// The time that a call has.
#[derive(Debug)]
pub struct Budget(Instant);

impl Budget {
    /// Begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.0.elapsed() >= BUDGET
    }
}

impl EnvironmentContext {
    /// Refuses an unconfirmed action if this environment is of type production now.
    ///
    /// # Errors
    /// `confirmation_required`; `not_found` if the environment is gone; `unavailable`.
    pub async fn require_confirmed(&self, confirm: Confirm, action: Destructive) -> Result<(), Error> {
        let scope = self.scope();
        let environment = self.store().environment(scope.app_id, scope.env_id).await?.ok_or_else(Error::not_found)?;
        match environment.kind {
            EnvironmentType::Production => confirm.require(action),
            EnvironmentType::Development | EnvironmentType::Staging | EnvironmentType::Custom => Ok(()),
        }
    }
}
