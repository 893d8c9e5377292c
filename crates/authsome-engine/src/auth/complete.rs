//! The one place through which every method signs in.

use authsome_core::device::Device;
use authsome_core::entity::Entity;
use authsome_core::environment::EffectiveSettings;
use authsome_core::error::{Code, Error};
use authsome_core::event::Event;
use authsome_core::id::{DeviceId, RefreshTokenId, SessionId, TypedId, UserId};
use authsome_core::plugin::Moment;
use authsome_core::route::Client;
use authsome_core::scope::Scope;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::time::{Seconds, Timestamp};
use authsome_core::user::User;
use serde_json::json;

use super::ticket::{self, TicketDraft};
use super::{Auth, Issued};
use crate::environment::EnvironmentHandle;
use crate::events::nothing;
use crate::tokens::Pair;

/// How many of a user's sessions one sign-in ends at most, where the limit was lowered.
const MOST_ENDED: u64 = 200;

/// What became of a sign-in whose proof was right.
#[derive(Debug)]
pub(super) enum Completion {
    Issued(Box<Issued>),
    /// The account was changed since the proof was checked, its password perhaps: the proof is checked again.
    Stale,
}

impl Auth {
    /// Signs a user in who gave every proof that `method` asks for; `amr` says which (RFC 8176). The one place through
    /// which every method signs in: it holds what no method may skip.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `user_banned`, `email_not_verified`; `mfa_required`, with the
    /// ticket that continues, where the environment asks for it and `amr` does not say `mfa`; what a hook refuses with;
    /// `invalid_credentials` where the account is gone; `unavailable`, also where the account was changed at the same
    /// moment.
    pub async fn complete_sign_in(
        &self,
        user: &User,
        method: &str,
        amr: &[&str],
        client: &Client,
    ) -> Result<Issued, Error> {
        match self.complete(user, method, amr, client).await? {
            Completion::Issued(issued) => Ok(*issued),
            Completion::Stale => Err(changed_meanwhile()),
        }
    }

    pub(super) async fn complete(
        &self,
        user: &User,
        method: &str,
        amr: &[&str],
        client: &Client,
    ) -> Result<Completion, Error> {
        let at = self.at.with_client(client);
        let now = at.now();
        at.require_method(method)?;
        require_admitted(user, at.settings())?;
        at.before(now, Moment::SignIn { user, method }).await?;
        let entry = Entry::new(&at, user.id, method, amr, now).await?;
        let (at_ref, entry_ref) = (&at, &entry);
        let written = at
            .store()
            .transaction(|tx| async move {
                let scope = at_ref.scope();
                let current = touch(&scope, user.id, &*tx).await?;
                if current.updated_at != user.updated_at {
                    return Ok::<_, Error>(None);
                }
                require_admitted(&current, at_ref.settings())?;
                let session = entry_ref.write(at_ref, &*tx).await?;
                Ok(Some((current, session)))
            })
            .await?;
        let Some((user, session)) = written else {
            return Ok(Completion::Stale);
        };
        Ok(Completion::Issued(Box::new(entry.issue(&at, user, session, method).await?)))
    }
}

/// Makes sign-ins of a user, and changes of what they depend on, exclude each other; returns the user as it is now.
async fn touch(scope: &Scope, user: UserId, tx: &dyn StoreTx) -> Result<User, Error> {
    let find = User::find(scope).filter(User::ID.eq(user)).filter(User::DELETED_AT.is_null());
    let gone = || Error::new(Code::InvalidCredentials, "the account is gone");
    if !find.touch(tx).await? {
        return Err(gone());
    }
    tx.user(scope, user).await?.ok_or_else(gone)
}

/// Refuses a user who may not sign in. Said only to someone who gave a correct proof.
fn require_admitted(user: &User, settings: &EffectiveSettings) -> Result<(), Error> {
    if user.banned {
        Err(Error::new(Code::UserBanned, "the account is banned"))
    } else if settings.require_email_verification && !user.email_verified {
        Err(Error::new(Code::EmailNotVerified, "prove the address first: follow the link that was mailed"))
    } else {
        Ok(())
    }
}

fn changed_meanwhile() -> Error {
    Error::new(Code::Unavailable, "the account was changed at the same moment: try again").retry_after(Seconds(1))
}

/// What a correct proof leads to, before it is stored.
pub(super) enum Entry {
    Session(Box<Draft>),
    /// A second factor is required first.
    Ticket(Box<TicketDraft>),
}

impl Entry {
    /// Decides it. The *before* hooks of a session run here.
    pub(super) async fn new(
        at: &EnvironmentHandle,
        user: UserId,
        method: &str,
        amr: &[&str],
        now: Timestamp,
    ) -> Result<Self, Error> {
        if ticket::is_required(at, amr) {
            return Ok(Self::Ticket(Box::new(TicketDraft::new(at, user, method, amr, now)?)));
        }
        let draft = Draft::new(at, user, amr, now).await?;
        at.before(now, Moment::SessionCreate { session: &draft.session }).await?;
        Ok(Self::Session(Box::new(draft)))
    }

    /// Stores it; gives the session where there is one.
    pub(super) async fn write(&self, at: &EnvironmentHandle, tx: &dyn StoreTx) -> Result<Option<Session>, Error> {
        match self {
            Self::Session(draft) => draft.write(at, tx).await.map(Some),
            Self::Ticket(ticket) => {
                ticket.write(tx).await?;
                Ok(None)
            }
        }
    }

    /// Hands out what was stored: the session, or the ticket in an error.
    ///
    /// # Errors
    /// `mfa_required`.
    pub(super) async fn issue(
        self,
        at: &EnvironmentHandle,
        user: User,
        session: Option<Session>,
        method: &str,
    ) -> Result<Issued, Error> {
        match (self, session) {
            (Self::Session(draft), Some(session)) => Ok(draft.issue(at, user, session, method).await),
            (Self::Ticket(ticket), _) => Err(ticket.refusal()),
            (Self::Session(_), None) => Err(Error::internal("a session was not stored")),
        }
    }
}

/// A session before it is stored.
pub(super) struct Draft {
    session: Session,
    tokens: Pair,
    refresh: RefreshToken,
    device: Device,
    created: Event,
    device_created: Event,
}

impl Draft {
    async fn new(at: &EnvironmentHandle, user: UserId, amr: &[&str], now: Timestamp) -> Result<Self, Error> {
        let inner = at.engine().inner();
        let entropy = &*inner.entropy;
        let (scope, settings, client) = (at.scope(), at.settings(), at.client());
        let mut tokens = Pair::generate(entropy)?;
        let refresh_expires_at = now.plus(settings.refresh_token_ttl.duration());
        let ip = client.ip.map(|ip| ip.to_string());
        let mut session = Session {
            id: SessionId::generate(now, entropy)?,
            scope,
            user_id: user,
            token_hash: tokens.session.hash(),
            organization_id: None,
            device_id: None,
            ip: ip.clone(),
            user_agent: client.user_agent.clone(),
            amr: amr.iter().map(|&method| method.to_owned()).collect(),
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus(settings.session_ttl.duration()).min(refresh_expires_at),
            refresh_expires_at,
        };
        tokens.session = at.access_token(&session, &tokens.session, now).await?;
        session.token_hash = tokens.session.hash();
        let refresh = RefreshToken {
            id: RefreshTokenId::generate(now, entropy)?,
            scope,
            session_id: session.id,
            hash: tokens.refresh.hash(),
            created_at: now,
            consumed_at: None,
            expires_at: refresh_expires_at,
        };
        let agent = client.user_agent.as_deref().unwrap_or_default();
        let device = Device {
            id: DeviceId::generate(now, entropy)?,
            scope,
            user_id: user,
            fingerprint: inner.keys.device.mac(&[user.to_string().as_bytes(), agent.as_bytes()]),
            name: None,
            user_agent: client.user_agent.clone(),
            ip,
            trusted: false,
            last_seen_at: now,
            created_at: now,
            updated_at: now,
        };
        Ok(Self {
            created: at.event_by(&user, now, "session.created", &session.id, json!({ "amr": amr }))?,
            device_created: at.event_by(&user, now, "device.created", &device.id, nothing())?,
            session,
            tokens,
            refresh,
            device,
        })
    }

    /// Stores it with its device, its refresh token and its events, and ends the oldest sessions past the limit. The
    /// transaction has touched the user.
    async fn write(&self, at: &EnvironmentHandle, tx: &dyn StoreTx) -> Result<Session, Error> {
        let scope = &at.scope();
        self.end_oldest(at, tx).await?;
        let device = tx.see_device(scope, &self.device).await?;
        if device.id == self.device.id {
            self.device_created.insert(scope, tx).await?;
        }
        let session = Session { device_id: Some(device.id), ..self.session.clone() };
        tx.create_session(scope, &session).await?;
        tx.create_refresh_token(scope, &self.refresh).await?;
        self.created.insert(scope, tx).await?;
        Ok(session)
    }

    async fn end_oldest(&self, at: &EnvironmentHandle, tx: &dyn StoreTx) -> Result<(), Error> {
        let most = u64::from(at.settings().max_sessions_per_user);
        if most == 0 {
            return Ok(());
        }
        let (scope, user, now) = (&at.scope(), self.session.user_id, self.session.created_at);
        let excess = (tx.count_user_sessions(scope, user).await? + 1).saturating_sub(most).min(MOST_ENDED);
        let Some(excess) = u32::try_from(excess).ok().filter(|excess| *excess > 0) else {
            return Ok(());
        };
        for oldest in tx.oldest_user_sessions(scope, user, excess).await? {
            tx.delete_session(scope, oldest.id).await?;
            let data = json!({ "reason": "max_sessions" });
            at.event_by(&user, now, "session.revoked", &oldest.id, data)?.insert(scope, tx).await?;
        }
        Ok(())
    }

    /// Tells the hooks that it is stored, and hands out its tokens.
    async fn issue(self, at: &EnvironmentHandle, user: User, session: Session, method: &str) -> Issued {
        let now = session.created_at;
        at.after(now, Moment::SessionCreate { session: &session }).await;
        at.after(now, Moment::SignIn { user: &user, method }).await;
        Issued { user, session, token: self.tokens.session, refresh_token: self.tokens.refresh }
    }
}
