//! Lockout: after so many failures in a row, an account answers nothing for a while.
//!
//! An attempt takes one of the allowed places before it is verified, in one step, so that of any number of guesses at
//! once no more than the maximum are verified; a failure keeps the place, a success clears all of them. An attempt that
//! finds all places taken waits until those that are being verified are decided: sign-ins with the right password at once
//! do not lock anybody out. Once as many as are allowed were wrong, the account is locked, also where fewer are allowed
//! than when they were counted. What is counted is the user, by whatever name the attempt was made; an identifier that no
//! account has is counted and locked just the same. Counting happens outside of the request's transaction, which a
//! refusal would undo.
//!
//! Sources: NIST SP 800-63B-4, section 3.2.2; OWASP ASVS 5.0, section 6.3.

use std::time::Duration;

use async_trait::async_trait;
use authsome_context::{EnvironmentContext, hex};
use authsome_core::attempt::Lockout;
use authsome_core::entity::{Entity, Update};
use authsome_core::error::{Error, StoreError};
use authsome_core::id::UserId;
use authsome_core::identity::Identifier;
use authsome_core::plugin;
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::ticket::Ticket;
use authsome_core::time::Timestamp;
use serde_json::json;

/// How long after the last failure the count is kept.
const MEMORY: Duration = Duration::from_secs(86_400);
/// How many attempts a ticket has, for all second factors together.
const TICKET_ATTEMPTS: u32 = 5;
/// How long an attempt waits between two looks for a place.
const WAIT: Duration = Duration::from_millis(100);
/// How often it looks: for 10 seconds.
const WAITS: u32 = 100;

/// Whose attempts are counted.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    key: String,
    user: Option<UserId>,
}

impl Subject {
    pub(crate) fn user(user: UserId) -> Self {
        Self { key: user.to_string(), user: Some(user) }
    }

    /// A user's second factors, which count apart: a right password does not let them be guessed anew.
    pub(crate) fn second_factor(user: UserId) -> Self {
        Self { key: second_factor_key(user), user: Some(user) }
    }

    /// The user whom an identifier means, else the identifier itself, of which only an HMAC is stored.
    pub(crate) fn of(at: &EnvironmentContext, identifier: &Identifier, user: Option<UserId>) -> Self {
        user.map_or_else(
            || {
                let mac = at.foundation().keys.lockout.mac(&[identifier.subject().as_bytes()]);
                Self { key: hex(&mac), user: None }
            },
            Self::user,
        )
    }
}

/// An attempt that has a place and may be verified. Dropped undecided, because its caller went away, it gives the place
/// back: whoever made it does not learn whether it was right.
pub(crate) struct Attempt {
    at: EnvironmentContext,
    subject: Subject,
    /// Not where nothing is counted, or the attempt is decided.
    has_place: bool,
}

impl Attempt {
    /// Takes a place.
    ///
    /// # Errors
    /// `account_locked`; `unavailable`.
    pub(crate) async fn begin(at: &EnvironmentContext, subject: Subject) -> Result<Self, Error> {
        let mut attempt = Self { at: at.clone(), subject, has_place: false };
        if !at.settings().lockout_enabled {
            return Ok(attempt);
        }
        for _ in 0..WAITS {
            let now = at.now();
            attempt.has_place = attempt.take_place(now).await?;
            if attempt.has_place {
                return Ok(attempt);
            }
            let find = Lockout::find(&at.scope()).filter(Lockout::SUBJECT.eq(&attempt.subject.key));
            let Some(found) = find.one(at.store()).await? else {
                continue;
            };
            match found.locked_until {
                Some(until) if until > now => return Err(Error::locked_until(until, now)),
                // The lock is over: the next try finds a place.
                Some(_) => {}
                // The next look finds the lock.
                None if is_spent(at, &found) => lock(at, &attempt.subject, now).await?,
                None => tokio::time::sleep(WAIT).await,
            }
        }
        // Whoever took the places never decided: a process died, or verifying takes too long.
        let now = at.now();
        lock(at, &attempt.subject, now).await?;
        Err(Error::locked_until(now.plus(at.settings().lockout_duration.duration()), now))
    }

    /// One try to take a place, by steps that are atomic each.
    async fn take_place(&self, now: Timestamp) -> Result<bool, StoreError> {
        let (scope, settings, store) = (self.at.scope(), self.at.settings(), self.at.store());
        let key = self.subject.key.as_str();
        let expires_at = kept_until(&self.at, now);
        let more = Lockout::update(&scope)
            .filter(Lockout::SUBJECT.eq(key))
            .filter(Lockout::FAILURES.lt(settings.lockout_max_attempts))
            .filter(Lockout::LOCKED_UNTIL.is_null())
            .filter(Lockout::EXPIRES_AT.gt(now))
            .increment(Lockout::FAILURES, 1)
            .increment(Lockout::PENDING, 1)
            .set(Lockout::EXPIRES_AT, expires_at);
        if more.one(store).await?.is_some() {
            return Ok(true);
        }
        let over = Lockout::EXPIRES_AT.le(now).or(Lockout::LOCKED_UNTIL.le(now));
        Lockout::delete(&scope).filter(Lockout::SUBJECT.eq(key)).filter(over).batch(1, store).await?;
        let subject = key.to_owned();
        let first = Lockout { subject, scope, failures: 1, pending: 1, locked_until: None, expires_at };
        first.insert_if_absent(&scope, store).await
    }

    /// The attempt could not be verified, so it does not count.
    pub(crate) async fn withdraw(mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.has_place) { give_back(&self.at, &self.subject).await } else { Ok(()) }
    }
}

#[async_trait]
impl plugin::Attempt for Attempt {
    /// The count begins anew.
    async fn succeed(mut self: Box<Self>) -> Result<(), Error> {
        if self.has_place {
            clear_key(&self.at.scope(), &self.subject.key, self.at.store()).await?;
            self.has_place = false;
        }
        Ok(())
    }

    /// The last one that is allowed locks the account.
    async fn fail(mut self: Box<Self>) -> Result<(), Error> {
        let now = self.at.now();
        if !std::mem::take(&mut self.has_place) {
            return Ok(());
        }
        match less_pending(&self.at.scope(), &self.subject).one(self.at.store()).await? {
            Some(row) if is_spent(&self.at, &row) => lock(&self.at, &self.subject, now).await,
            _ => Ok(()),
        }
    }
}

/// Counts an attempt on a ticket, whatever becomes of it.
///
/// # Errors
/// `invalid_token` where its attempts are used up, or it is gone or expired; `unavailable`.
pub(crate) async fn count_on_ticket(at: &EnvironmentContext, ticket: &Ticket) -> Result<(), Error> {
    let counted = Ticket::update(&at.scope())
        .filter(Ticket::ID.eq(ticket.id))
        .filter(Ticket::EXPIRES_AT.gt(at.now()))
        .filter(Ticket::ATTEMPTS.lt(TICKET_ATTEMPTS))
        .increment(Ticket::ATTEMPTS, 1);
    counted.one(at.store()).await?.map(|_| ()).ok_or_else(Error::invalid_token)
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let (true, Ok(runtime)) = (self.has_place, tokio::runtime::Handle::try_current()) {
            let (at, subject) = (self.at.clone(), self.subject.clone());
            runtime.spawn(async move {
                if let Err(error) = give_back(&at, &subject).await {
                    tracing::debug!(%error, "an attempt stays counted");
                }
            });
        }
    }
}

async fn give_back(at: &EnvironmentContext, subject: &Subject) -> Result<(), StoreError> {
    let update = less_pending(&at.scope(), subject).increment(Lockout::FAILURES, -1);
    update.one(at.store()).await.map(|_| ())
}

/// One attempt less is being verified. Nothing changes where a success has begun the count anew and none is.
fn less_pending(scope: &Scope, subject: &Subject) -> Update<Lockout> {
    Lockout::update(scope).filter(Lockout::SUBJECT.eq(&subject.key)).increment(Lockout::PENDING, -1)
}

/// Until when what is counted now is kept.
fn kept_until(at: &EnvironmentContext, now: Timestamp) -> Timestamp {
    now.plus(MEMORY.max(at.settings().lockout_duration.duration()))
}

/// Whether as many attempts were wrong as are allowed.
fn is_spent(at: &EnvironmentContext, found: &Lockout) -> bool {
    found.decided() >= at.settings().lockout_max_attempts
}

/// Locks what is not locked yet. Of callers at once, one writes the event.
async fn lock(at: &EnvironmentContext, subject: &Subject, now: Timestamp) -> Result<(), Error> {
    let until = now.plus(at.settings().lockout_duration.duration());
    let mut event = at.event(now, "account.locked", &subject.key, json!({ "until": until }))?;
    if subject.user.is_none() {
        event.target = None;
    }
    let (scope, event) = (&at.scope(), &event);
    at.transaction(|tx| async move {
        let update = Lockout::update(scope).filter(Lockout::SUBJECT.eq(&subject.key));
        // A success since then has begun the count anew.
        let update = update.filter(Lockout::FAILURES.ge(at.settings().lockout_max_attempts));
        let update = update.filter(Lockout::LOCKED_UNTIL.is_null()).set(Lockout::LOCKED_UNTIL, Some(until));
        // Nothing forgets it before it ends.
        let update = update.set(Lockout::EXPIRES_AT, kept_until(at, now));
        if update.one(&*tx).await?.is_some() {
            event.insert(scope, &*tx).await?;
        }
        Ok::<_, Error>(())
    })
    .await
}

/// Forgets a user's failures, and unlocks the account.
pub(crate) async fn clear<R: Records + ?Sized>(scope: &Scope, user: UserId, records: &R) -> Result<(), StoreError> {
    clear_key(scope, &user.to_string(), records).await?;
    clear_key(scope, &second_factor_key(user), records).await
}

fn second_factor_key(user: UserId) -> String {
    format!("second_factor/{user}")
}

async fn clear_key<R: Records + ?Sized>(scope: &Scope, key: &str, records: &R) -> Result<(), StoreError> {
    Lockout::delete(scope).filter(Lockout::SUBJECT.eq(key)).batch(1, records).await.map(|_| ())
}
