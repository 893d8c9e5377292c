//! What a person does with their session.

use authsome_context::{EnvironmentContext, nothing};
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::id::OrganizationId;
use authsome_core::organization::Member;
use authsome_core::plugin::{Proof, SignedIn};
use authsome_core::secret::Password;
use authsome_core::session::{SEVERAL_FACTORS, Session};
use authsome_core::store::StoreTx;
use serde_json::json;

use super::Auth;
use super::complete::touch;
use super::need::offers;
use super::renewal::Renewal;
use crate::lockout::Subject;
use crate::passwords;
use crate::sessions;

impl Auth {
    /// Ends the session with its refresh tokens.
    ///
    /// # Errors
    /// `session_not_found` if it is gone; a hook's refusal; `unavailable`.
    pub async fn sign_out(&self, session: &Session) -> Result<(), Error> {
        if sessions::end(&self.at, session, "sign_out").await? { Ok(()) } else { Err(Error::session_not_found()) }
    }

    /// Proves again who the person is, by password: the session has a recent proof, and new tokens. Attempts are counted
    /// like sign-ins.
    ///
    /// # Errors
    /// `method_not_allowed_here`, also for a user with a second factor; `invalid_credentials`, `account_locked`;
    /// `session_not_found` if it is gone; `unavailable`.
    pub async fn reauthenticate(&self, session: &Session, password: &Password) -> Result<SignedIn, Error> {
        let at = &self.at;
        at.require_method(passwords::METHOD)?;
        let user = session.user_id;
        let verified = passwords::verify(at, Subject::user(user), Some(user), password).await?;
        self.reauthenticate_by(session, passwords::proof(&verified)).await
    }

    /// Notes that a method, or a second factor, has proven again who the person is. A user with a second factor must
    /// use it. The session gets new tokens.
    ///
    /// # Errors
    /// `method_not_allowed_here`; `session_not_found` if it is gone, or got new tokens at the same moment; the errors of
    /// the proof; `unavailable`.
    pub async fn reauthenticate_by(&self, session: &Session, proof: Proof<'_>) -> Result<SignedIn, Error> {
        let (at, now, user, scope) = (&self.at, self.at.now(), session.user_id, &self.at.scope());
        let by_factor = !at.foundation().plugins.has_method(proof.method);
        let proven = if by_factor { [proof.amr, &[SEVERAL_FACTORS]].concat() } else { proof.amr.to_vec() };
        let renewal = &Renewal::new(at, session, &proven, now).await?;
        at.transaction(|tx| async move {
            let tx: &dyn StoreTx = &*tx;
            let at = at.require_still_active(tx).await?;
            let found = touch(scope, user, tx).await?.ok_or_else(Error::session_not_found)?;
            let renewed = renewal.write(found, tx).await?;
            let before = offers(&at, user, tx).await?;
            proof.redeem.redeem(&renewed.user, tx).await?;
            // The proof may use a factor up, or be the confirmation of the first one.
            let factors = if before.is_empty() { offers(&at, user, tx).await? } else { before };
            require_strong_enough(&at, &proof, factors)?;
            at.event_by(&user, now, "session.reauthenticated", &session.id, nothing())?.insert(scope, tx).await?;
            Ok(renewed)
        })
        .await
    }

    /// Sets the session's active organization.
    ///
    /// # Errors
    /// `not_found` if the user is not a member of it; `session_not_found` if the session is gone; `unavailable`.
    pub async fn set_organization(&self, session: &Session, organization: OrganizationId) -> Result<Session, Error> {
        let (at, now, user, scope) = (&self.at, self.at.now(), session.user_id, &self.at.scope());
        at.transaction(|tx| async move {
            let member = tx.member_by_user(scope, organization, user).await?.ok_or_else(Error::not_found)?;
            // A membership that ends at the same moment does not leave the organization active.
            if !Member::find(scope).filter(Member::ID.eq(member.id)).touch(&*tx).await? {
                return Err(Error::not_found());
            }
            if tx.session(scope, session.id).await?.is_none() {
                return Err(Error::session_not_found());
            }
            let session = tx.set_session_organization(scope, session.id, Some(organization)).await?;
            let data = json!({ "organization_id": organization });
            at.event_by(&user, now, "session.organization_set", &session.id, data)?.insert(scope, &*tx).await?;
            Ok(session)
        })
        .await
    }
}

/// Accepts a proof of the user's second factors, or of an allowed method if the user has no second factor.
fn require_strong_enough(at: &EnvironmentContext, proof: &Proof<'_>, offers: Vec<&'static str>) -> Result<(), Error> {
    if offers.is_empty() {
        return at.require_method(proof.method);
    }
    at.require_active()?;
    if offers.contains(&proof.method) {
        Ok(())
    } else {
        Err(Error::new(Code::MethodNotAllowedHere, "the account has a second factor: prove it").with("methods", offers))
    }
}
