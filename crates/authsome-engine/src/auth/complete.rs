//! The one function in which every sign-in ends.

use authsome_context::rules::tokens::Pair;
use authsome_context::{EnvironmentContext, nothing};
use authsome_core::device::Device;
use authsome_core::entity::Entity;
use authsome_core::entropy::Entropy;
use authsome_core::environment::EffectiveSettings;
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::{DeviceId, RefreshTokenId, SessionId, TypedId, UserId};
use authsome_core::plugin::{Moment, Proof, SignInOutcome, SignedIn};
use authsome_core::scope::Scope;
use authsome_core::secret::Token;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::StoreTx;
use authsome_core::ticket::Ticket;
use authsome_core::time::{Seconds, Timestamp};
use authsome_core::user::User;
use serde_json::json;

use super::Auth;
use super::need::need;
use super::ticket::TicketDraft;
use crate::jwt::SigningKeys;

/// How many sessions past the limit one statement ends.
const BATCH: u32 = 200;

/// How often a sign-in runs if the account or its requirements change meanwhile.
pub(super) const TRIES: usize = 3;

impl Auth {
    /// Signs in a user whom a method has proven. Every method ends here: it enforces the rules that no method may skip.
    /// The proof is used up in the transaction that makes the session, or the ticket.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `user_banned`, `email_not_verified`; the errors of the proof
    /// and of hooks; `invalid_credentials` if the account is gone; `unavailable`, also if the account or its
    /// requirements keep changing.
    pub async fn complete_sign_in(&self, user: UserId, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        let gone = || Error::new(Code::InvalidCredentials, "the account is gone");
        self.complete(user, proof).await?.ok_or_else(gone)
    }

    /// The same; `None` if the account is gone.
    pub(super) async fn complete(&self, user: UserId, proof: Proof<'_>) -> Result<Option<SignInOutcome>, Error> {
        let mut at = self.at.clone();
        for _ in 0..TRIES {
            let Some(user) = at.store().user(&at.scope(), user).await? else { return Ok(None) };
            if let Some(outcome) = complete(&at, &user, proof).await? {
                return Ok(Some(outcome));
            }
            at = at.require_still_active(at.store()).await?;
        }
        Err(changed_meanwhile())
    }
}

/// Signs in a user who was read before the proof was checked. `None` if the account, perhaps its password, or the
/// requirements changed since then: check the proof again; it was not used up.
pub(super) async fn complete(
    at: &EnvironmentContext,
    user: &User,
    proof: Proof<'_>,
) -> Result<Option<SignInOutcome>, Error> {
    let (now, method) = (at.now(), proof.method);
    at.require_method(method)?;
    require_admitted(user, at.settings())?;
    at.before(now, Moment::SignIn { user, method }).await?;
    let entry = &Entry::new(at, user.id, proof, now).await?;
    let outcome = at
        .transaction(|tx| async move {
            let tx: &dyn StoreTx = &*tx;
            let at = at.require_still_active(tx).await?;
            at.require_method(method)?;
            let current = touch(&at.scope(), user.id, tx).await?.filter(|now| now.updated_at == user.updated_at);
            let Some(current) = current else { return Ok::<_, Error>(None) };
            if !entry.is_right(&at, tx).await? {
                return Ok(None);
            }
            require_admitted(&current, at.settings())?;
            proof.redeem.redeem(&current, tx).await?;
            entry.write(&at, current, tx).await.map(Some)
        })
        .await?;
    tell(at, outcome.as_ref(), method).await;
    Ok(outcome)
}

/// Tells the hooks of a new session.
pub(super) async fn tell(at: &EnvironmentContext, outcome: Option<&SignInOutcome>, method: &str) {
    if let Some(SignInOutcome::SignedIn(signed_in)) = outcome {
        let (now, session) = (signed_in.session.created_at, &signed_in.session);
        at.after(now, Moment::SessionCreate { session }).await;
        at.after(now, Moment::SignIn { user: &signed_in.user, method }).await;
    }
}

/// Makes sign-ins of a user, and changes of what they depend on, exclude each other; returns the user as it is now.
pub(crate) async fn touch(scope: &Scope, user: UserId, tx: &dyn StoreTx) -> Result<Option<User>, StoreError> {
    let find = User::find(scope).filter(User::ID.eq(user)).filter(User::DELETED_AT.is_null());
    if find.touch(tx).await? { tx.user(scope, user).await } else { Ok(None) }
}

/// Refuses a user who may not sign in. Only a person with a right proof learns this.
fn require_admitted(user: &User, settings: &EffectiveSettings) -> Result<(), Error> {
    if user.banned {
        Err(Error::new(Code::UserBanned, "the account is banned"))
    } else if settings.require_email_verification && !user.email_verified {
        Err(Error::new(Code::EmailNotVerified, "prove the address first: follow the link that was mailed"))
    } else {
        Ok(())
    }
}

/// The account or its requirements changed while the proof was being checked.
pub(super) fn changed_meanwhile() -> Error {
    let detail = "the account or its environment was changed at the same moment: try again";
    Error::new(Code::Unavailable, detail).retry_after(Seconds(1))
}

/// The result of a right proof, before it is stored.
pub(super) enum Entry {
    Session(Box<SessionDraft>),
    /// A second factor is required first.
    Ticket(Box<TicketDraft>),
}

impl Entry {
    /// Decides it. The *before* hooks of a session run here.
    pub(super) async fn new(
        at: &EnvironmentContext,
        user: UserId,
        proof: Proof<'_>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        if let Some(ticket) = need(at, user, proof.amr, at.store()).await? {
            return Ok(Self::Ticket(Box::new(TicketDraft::new(at, user, proof, ticket, now)?)));
        }
        let draft = SessionDraft::new(at, user, proof, now).await?;
        at.before(now, Moment::SessionCreate { session: &draft.session }).await?;
        Ok(Self::Session(Box::new(draft)))
    }

    /// Whether it still follows from the environment and the user's factors as they are now.
    pub(super) async fn is_right(&self, at: &EnvironmentContext, tx: &dyn StoreTx) -> Result<bool, Error> {
        Ok(match self {
            Self::Session(draft) => need(at, draft.session.user_id, &draft.session.amr, tx).await?.is_none(),
            Self::Ticket(draft) => {
                let Ticket { user_id, amr, purpose, .. } = &draft.ticket;
                need(at, *user_id, amr, tx).await?.is_none_or(|(now, _)| now == *purpose)
            }
        })
    }

    /// Stores it, for the user as it is now.
    pub(super) async fn write(
        &self,
        at: &EnvironmentContext,
        user: User,
        tx: &dyn StoreTx,
    ) -> Result<SignInOutcome, Error> {
        Ok(match self {
            Self::Session(draft) => SignInOutcome::SignedIn(Box::new(draft.write(at, user, tx).await?)),
            Self::Ticket(draft) => SignInOutcome::SecondFactorRequired(Box::new(draft.write(at, tx).await?)),
        })
    }
}

/// The row of a session's refresh token.
pub(super) fn refresh_token(
    session: &Session,
    token: &Token,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<RefreshToken, Error> {
    Ok(RefreshToken {
        id: RefreshTokenId::generate(now, entropy)?,
        scope: session.scope,
        session_id: session.id,
        hash: token.hash(),
        created_at: now,
        consumed_at: None,
        expires_at: session.refresh_expires_at,
    })
}

/// A session with the tokens that it is issued with, and the row of its refresh token.
pub(super) async fn issued(
    at: &EnvironmentContext,
    mut session: Session,
    mut tokens: Pair,
    now: Timestamp,
) -> Result<(Session, Pair, RefreshToken), Error> {
    tokens.session = SigningKeys { at: at.clone() }.access_token(&session, &tokens.session, now).await?;
    session.token_hash = tokens.session.hash();
    let refresh = refresh_token(&session, &tokens.refresh, now, at.entropy())?;
    Ok((session, tokens, refresh))
}

/// A session before it is stored.
pub(super) struct SessionDraft {
    session: Session,
    tokens: Pair,
    refresh: RefreshToken,
    device: Device,
}

impl SessionDraft {
    async fn new(at: &EnvironmentContext, user: UserId, proof: Proof<'_>, now: Timestamp) -> Result<Self, Error> {
        let entropy = at.entropy();
        let (scope, settings, client) = (at.scope(), at.settings(), at.client());
        let tokens = Pair::generate(entropy)?;
        let refresh_expires_at = now.plus(settings.refresh_token_ttl.duration());
        let ip = client.ip.map(|ip| ip.to_string());
        let session = Session {
            id: SessionId::generate(now, entropy)?,
            scope,
            user_id: user,
            token_hash: tokens.session.hash(),
            organization_id: None,
            device_id: None,
            ip: ip.clone(),
            user_agent: client.user_agent.clone(),
            method: proof.method.to_owned(),
            amr: proof.amr.iter().map(|&proof| proof.to_owned()).collect(),
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus(settings.session_ttl.duration()).min(refresh_expires_at),
            refresh_expires_at,
        };
        let (session, tokens, refresh) = issued(at, session, tokens, now).await?;
        let agent = client.user_agent.as_deref().unwrap_or_default();
        let device = Device {
            id: DeviceId::generate(now, entropy)?,
            scope,
            user_id: user,
            fingerprint: at.foundation().keys.device.mac(&[user.to_string().as_bytes(), agent.as_bytes()]),
            name: None,
            user_agent: client.user_agent.clone(),
            ip,
            trusted: false,
            last_seen_at: now,
            created_at: now,
            updated_at: now,
        };
        Ok(Self { session, tokens, refresh, device })
    }

    /// Stores it with its device, its refresh token and its events, and ends the oldest sessions past the limit. The
    /// transaction has touched the user.
    async fn write(&self, at: &EnvironmentContext, user: User, tx: &dyn StoreTx) -> Result<SignedIn, Error> {
        let Session { id, amr, created_at: now, .. } = &self.session;
        let scope = &at.scope();
        self.end_oldest(at, tx).await?;
        let device = tx.see_device(scope, &self.device).await?;
        if device.id == self.device.id {
            at.event_by(&user.id, *now, "device.created", &device.id, nothing())?.insert(scope, tx).await?;
        }
        let session = Session { device_id: Some(device.id), ..self.session.clone() };
        tx.create_session(scope, &session).await?;
        tx.create_refresh_token(scope, &self.refresh).await?;
        at.event_by(&user.id, *now, "session.created", id, json!({ "amr": amr }))?.insert(scope, tx).await?;
        let Pair { session: token, refresh: refresh_token } = self.tokens.clone();
        Ok(SignedIn { user, session, token, refresh_token })
    }

    /// Ends the user's oldest live sessions, until this one is within the limit.
    async fn end_oldest(&self, at: &EnvironmentContext, tx: &dyn StoreTx) -> Result<(), Error> {
        let most = u64::from(at.settings().max_sessions_per_user);
        if most == 0 {
            return Ok(());
        }
        let (scope, user, now) = (&at.scope(), self.session.user_id, self.session.created_at);
        let alive = Session::alive(now, at.settings().idle_session_timeout.duration());
        let mut excess = (tx.count_user_sessions(scope, user, alive.clone()).await? + 1).saturating_sub(most);
        while excess > 0 {
            let batch = u32::try_from(excess).unwrap_or(BATCH).min(BATCH);
            let oldest = tx.oldest_user_sessions(scope, user, alive.clone(), batch).await?;
            let delete = Session::delete(scope).filter(Session::ID.is_in(oldest.iter().map(|session| session.id)));
            let ended = delete.batch(batch, tx).await?;
            if ended == 0 {
                break;
            }
            let revoked = |session: &Session| {
                at.event_by(&user, now, "session.revoked", &session.id, json!({ "reason": "max_sessions" }))
            };
            let events = oldest.iter().map(revoked).collect::<Result<Vec<_>, _>>()?;
            Event::insert_all(&events, scope, tx).await?;
            excess = excess.saturating_sub(ended);
        }
        Ok(())
    }
}
