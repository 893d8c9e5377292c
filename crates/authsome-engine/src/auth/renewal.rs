//! New tokens for a session whose person proved again who they are (OWASP ASVS 5.0, section 7.2.4).

use authsome_context::EnvironmentContext;
use authsome_context::rules::tokens::Pair;
use authsome_core::error::Error;
use authsome_core::plugin::SignedIn;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

use super::complete::issued;
use super::need::joined;

/// How many refresh tokens one statement deletes.
const BATCH: u32 = 500;

/// The next tokens of a session, before they are stored.
pub(crate) struct Renewal<'a> {
    before: &'a Session,
    after: Session,
    tokens: Pair,
    refresh: RefreshToken,
}

impl<'a> Renewal<'a> {
    /// `session` is as the request was admitted with it; its `amr` gets what was proven now.
    pub(crate) async fn new(
        at: &EnvironmentContext,
        session: &'a Session,
        proven: &[&str],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let tokens = Pair::generate(at.entropy())?;
        let after = Session {
            amr: joined(&session.amr, proven).into_iter().map(str::to_owned).collect(),
            authenticated_at: now,
            last_seen_at: session.last_seen_at.max(now),
            ..session.clone()
        };
        let (after, tokens, refresh) = issued(at, after, tokens, now).await?;
        Ok(Self { before: session, after, tokens, refresh })
    }

    /// Stores them in place of the earlier ones, which end. Part of a transaction that has touched the user.
    ///
    /// # Errors
    /// `session_not_found` if the session is gone, or got other tokens meanwhile; `unavailable`.
    pub(crate) async fn write(&self, user: User, tx: &dyn StoreTx) -> Result<SignedIn, Error> {
        let (scope, id) = (&self.before.scope, self.before.id);
        let renewed = tx.renew_session(scope, self.before, &self.after).await?;
        let session = renewed.ok_or_else(Error::session_not_found)?;
        while tx.delete_session_refresh_tokens(scope, id, BATCH).await? == u64::from(BATCH) {}
        tx.create_refresh_token(scope, &self.refresh).await?;
        let Pair { session: token, refresh: refresh_token } = self.tokens.clone();
        Ok(SignedIn { user, session, token, refresh_token })
    }
}
