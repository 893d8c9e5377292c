//! [`Progress`]: of calls that take in all of an environment.

use std::time::Duration;

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::environment::EnvironmentType;
use authsome_core::error::Error;
use tokio::time::Instant;

use crate::environment::EnvironmentContext;

/// How long one call works. What is left then is done by the next.
const BUDGET: Duration = Duration::from_secs(5);

/// What one call of something that takes in all of an environment did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many this call took in.
    pub count: u64,
    /// Whether nothing is left. Otherwise the same call again goes on.
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
    /// Refuses what was not confirmed, where this environment is of type production by now.
    ///
    /// # Errors
    /// `confirmation_required`; `not_found` where the environment is gone; `unavailable`.
    pub async fn require_confirmed(&self, confirm: Confirm, action: Destructive) -> Result<(), Error> {
        let scope = self.scope();
        let environment = self.store().environment(scope.app_id, scope.env_id).await?.ok_or_else(Error::not_found)?;
        match environment.kind {
            EnvironmentType::Production => confirm.require(action),
            EnvironmentType::Development | EnvironmentType::Staging | EnvironmentType::Custom => Ok(()),
        }
    }
}
