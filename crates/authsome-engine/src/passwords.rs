//! Passwords in the flows: the engine's method, and one way to verify a password.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_context::{EnvironmentContext, Foundation};
use authsome_core::error::{Code, Error};
use authsome_core::event::Event;
use authsome_core::id::{SessionId, UserId};
use authsome_core::plugin::{Attempt as _, PasswordDigest, PasswordGeneration, PasswordMethod, Proof, Redeem};
use authsome_core::records::Records;
use authsome_core::secret::Password;
use authsome_core::store::StoreTx;
use authsome_core::user::User;

use crate::lockout::{Attempt, Subject};
use crate::proofs::delete_proofs;
use crate::sessions;

pub(crate) use authsome_context::PASSWORD as METHOD;

/// What a password proves.
pub(crate) const fn proof(redeem: &dyn Redeem) -> Proof<'_> {
    Proof { method: METHOD, amr: &["pwd"], redeem }
}

/// A password that was verified. It proves its user until another password is set.
pub(crate) struct VerifiedPassword {
    method: Arc<dyn PasswordMethod>,
    generation: PasswordGeneration,
}

#[async_trait]
impl Redeem for VerifiedPassword {
    async fn redeem(&self, user: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        let is_current = self.method.is_current(tx, &user.scope, user.id, self.generation).await?;
        let changed = || Error::new(Code::InvalidCredentials, "the password was changed at the same moment");
        is_current.then_some(()).ok_or_else(changed)
    }
}

/// The password method of the engine.
fn method(foundation: &Foundation) -> Result<Arc<dyn PasswordMethod>, Error> {
    foundation
        .plugins
        .password
        .clone()
        .ok_or_else(|| Error::new(Code::MethodNotAllowedHere, "passwords are not enabled here"))
}

/// The password method of the engine, for a new password that meets the environment's policy.
pub(crate) fn method_for(at: &EnvironmentContext, new: &Password) -> Result<Arc<dyn PasswordMethod>, Error> {
    let method = method(at.foundation())?;
    method.check(&at.settings().password_policy(), new)?;
    Ok(method)
}

/// A new password, hashed.
pub(crate) struct NewPassword {
    method: Arc<dyn PasswordMethod>,
    digest: PasswordDigest,
}

impl NewPassword {
    pub(crate) async fn hash(method: Arc<dyn PasswordMethod>, password: &Password) -> Result<Self, Error> {
        Ok(Self { digest: method.hash(password).await?, method })
    }

    /// Changes a user together with the password: what was mailed before is void, and every session ends except `keep`.
    /// Part of a transaction.
    pub(crate) async fn replace(
        &self,
        at: &EnvironmentContext,
        found: &User,
        changed: &User,
        keep: Option<SessionId>,
        ended: &Event,
        tx: &dyn StoreTx,
    ) -> Result<(), Error> {
        tx.update_user(&found.scope, found, changed).await?;
        self.redeem(changed, tx).await?;
        delete_proofs(at, found.id, tx).await?;
        sessions::end_all(&found.scope, found.id, keep, ended, tx).await?;
        Ok(())
    }
}

#[async_trait]
impl Redeem for NewPassword {
    /// Sets it, as a part of the user's last change.
    async fn redeem(&self, user: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        self.method.set(tx, &user.scope, user.id, &self.digest, user.updated_at).await
    }
}

/// Verifies a password, and counts the attempt. Takes the same path for nobody, for a user without a password, and for
/// a wrong one.
///
/// # Errors
/// `invalid_credentials`, `account_locked`, `unavailable`.
pub(crate) async fn verify(
    at: &EnvironmentContext,
    subject: Subject,
    user: Option<UserId>,
    password: &Password,
) -> Result<VerifiedPassword, Error> {
    let method = method(at.foundation())?;
    let attempt = Attempt::begin(at, subject).await?;
    let records: &dyn Records = at.store();
    match method.verify(records, &at.scope(), user, password).await {
        Ok(Some(generation)) => {
            Box::new(attempt).succeed().await?;
            Ok(VerifiedPassword { method, generation })
        }
        Ok(None) => {
            Box::new(attempt).fail().await?;
            Err(Error::new(Code::InvalidCredentials, "unknown account, or wrong password"))
        }
        Err(error) => {
            attempt.withdraw().await;
            Err(error)
        }
    }
}
