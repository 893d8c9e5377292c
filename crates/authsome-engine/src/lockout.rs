//! Lockout: after too many failures in a row, an account refuses all attempts for a while.
//!
//! An attempt takes a place in the count before it is verified, in one step, so that of any number of simultaneous
//! guesses at most the maximum are verified. A failure keeps its place, a success clears all of them. If all places are
//! taken, an attempt waits until those under way are decided: simultaneous sign-ins with the right password lock nobody
//! out. When the failures reach the maximum, the account is locked, also if the maximum was lowered meanwhile. A user
//! has one count for all its names; an unknown identifier is counted and locked alike. Counting happens outside of the
//! request's transaction, because a refusal would undo it.
//!
//! Sources: NIST SP 800-63B-4, section 3.2.2; OWASP ASVS 5.0, section 6.3.

use std::time::Duration;

use async_trait::async_trait;
use authsome_context::EnvironmentContext;
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
use data_encoding::HEXLOWER;
use serde_json::json;

/// How long after the last failure the count is kept.
const MEMORY: Duration = Duration::from_secs(86_400);
/// How many attempts a ticket has, for all second factors together.
const TICKET_ATTEMPTS: u32 = 5;
/// How long an attempt waits between two looks for a place.
const WAIT: Duration = Duration::from_millis(100);
/// How often it looks: for 10 seconds.
const WAITS: u32 = 100;

/// What attempts are counted on.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    key: String,
    user: Option<UserId>,
}

impl Subject {
    pub(crate) fn user(user: UserId) -> Self {
        Self { key: user.to_string(), user: Some(user) }
    }

    /// A user's second factors, which count apart: a right password does not reset their count.
    pub(crate) fn second_factor(user: UserId) -> Self {
        Self { key: second_factor_key(user), user: Some(user) }
    }

    /// The user whom an identifier means, else the identifier itself, stored as an HMAC.
    pub(crate) fn of(at: &EnvironmentContext, identifier: &Identifier, user: Option<UserId>) -> Self {
        user.map_or_else(
            || {
                let mac = at.foundation().keys.lockout.mac(&[identifier.subject().as_bytes()]);
                Self { key: HEXLOWER.encode(&mac), user: None }
            },
            Self::user,
        )
    }
}

/// An attempt that has a place and may be verified. If its caller goes away, it is dropped undecided and gives the
/// place back: the caller does not learn whether it was right.
pub(crate) struct Attempt {
    at: EnvironmentContext,
    subject: Subject,
    /// False if nothing is counted, or the attempt is decided.
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
                // The lock is over: the next look finds a place.
                Some(_) => {}
                // The next look finds the lock.
                None if is_spent(at, &found) => lock(at, &attempt.subject, now).await?,
                None => tokio::time::sleep(WAIT).await,
            }
        }
        // The attempts that hold the places were never decided: a process died, or verifying takes too long.
        let now = at.now();
        lock(at, &attempt.subject, now).await?;
        Err(Error::locked_until(now.plus(at.settings().lockout_duration.duration()), now))
    }

    /// Tries once to take a place, by steps that are atomic each.
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
    pub(crate) async fn withdraw(mut self) {
        if std::mem::take(&mut self.has_place) {
            give_back(&self.at, &self.subject).await;
        }
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

/// Counts an attempt on a ticket, right or wrong.
///
/// # Errors
/// `invalid_token` if its attempts are used up, or it is gone or expired; `unavailable`.
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
            runtime.spawn(async move { give_back(&at, &subject).await });
        }
    }
}

async fn give_back(at: &EnvironmentContext, subject: &Subject) {
    let update = less_pending(&at.scope(), subject).increment(Lockout::FAILURES, -1);
    if let Err(error) = update.one(at.store()).await {
        let error = &error as &dyn std::error::Error;
        tracing::debug!(error, "an attempt could not be taken back and stays counted");
    }
}

/// Notes that one attempt less is being verified. Changes nothing if a success has cleared the count.
fn less_pending(scope: &Scope, subject: &Subject) -> Update<Lockout> {
    Lockout::update(scope).filter(Lockout::SUBJECT.eq(&subject.key)).increment(Lockout::PENDING, -1)
}

/// When a present count is forgotten.
fn kept_until(at: &EnvironmentContext, now: Timestamp) -> Timestamp {
    now.plus(MEMORY.max(at.settings().lockout_duration.duration()))
}

/// Whether the failures have reached the maximum.
fn is_spent(at: &EnvironmentContext, found: &Lockout) -> bool {
    found.decided() >= at.settings().lockout_max_attempts
}

/// Locks an unlocked account. Of callers at once, one writes the event.
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
