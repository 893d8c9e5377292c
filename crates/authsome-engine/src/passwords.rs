//! Passwords in the flows: the engine's method, and one way to verify a password.

use std::sync::Arc;

use authsome_context::{EnvironmentContext, Foundation};
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::plugin::{Attempt as _, PasswordMethod, Proof, Verified};
use authsome_core::records::Records;
use authsome_core::secret::Password;

use crate::lockout::{Attempt, Subject};

pub(crate) use authsome_context::PASSWORD as METHOD;

/// A password that was verified before.
pub(crate) const PROVEN: Proof<'static> = Proof { method: METHOD, amr: &["pwd"], redeem: &Verified };

/// The password method of the engine.
fn method(foundation: &Foundation) -> Result<Arc<dyn PasswordMethod>, Error> {
    let found = foundation.plugins.password.as_ref().map(Arc::clone);
    found.ok_or_else(|| Error::new(Code::MethodNotAllowedHere, "passwords are not enabled here"))
}

/// The password method of the engine, for a new password that meets the environment's policy.
pub(crate) fn method_for(at: &EnvironmentContext, new: &Password) -> Result<Arc<dyn PasswordMethod>, Error> {
    let method = method(at.foundation())?;
    method.check(&at.settings().password_policy(), new)?;
    Ok(method)
}

/// Verifies a password, and counts the attempt. Takes the same path for nobody, for a user without a password, and for
/// a wrong one.
///
/// # Errors
/// `invalid_credentials`, `account_locked`, `unavailable`.
pub(crate) async fn prove(
    at: &EnvironmentContext,
    subject: Subject,
    user: Option<UserId>,
    password: &Password,
) -> Result<(), Error> {
    let method = method(at.foundation())?;
    let attempt = Attempt::begin(at, subject).await?;
    let records: &dyn Records = at.store();
    match method.verify(records, &at.scope(), user, password).await {
        Ok(true) => Box::new(attempt).succeed().await,
        Ok(false) => {
            Box::new(attempt).fail().await?;
            Err(Error::new(Code::InvalidCredentials, "unknown account, or wrong password"))
        }
        Err(error) => {
            if let Err(withdrawal) = attempt.withdraw().await {
                tracing::debug!(
                    error = &withdrawal as &dyn std::error::Error,
                    "an attempt could not be taken back and stays counted"
                );
            }
            Err(error)
        }
    }
}
