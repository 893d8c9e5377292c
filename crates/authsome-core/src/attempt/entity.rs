//! [`Lockout`] and [`RateWindow`].

use crate::authenticator::Expiring;
use crate::entity::{Column, Entity};
use crate::error::StoreError;
use crate::records::Records;
use crate::scope::Scope;
use crate::time::Timestamp;

/// Failed attempts on an account, or on an unknown identifier.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_lockouts", scope = PerEnvironment)]
#[index(name = "authsome_lockouts_expires_idx", columns(expires_at), global)]
pub struct Lockout {
    /// The subject that is counted: a user's id, or the HMAC of an identifier.
    #[entity(id, max_len = 128)]
    pub subject: String,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Failures since the last success, and attempts that are being verified.
    pub failures: u32,
    /// How many of them are being verified.
    pub pending: u32,
    /// Until when every attempt is refused.
    pub locked_until: Option<Timestamp>,
    /// When the row can be deleted.
    pub expires_at: Timestamp,
}

impl Expiring for Lockout {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}

impl Lockout {
    /// How many attempts are known to have failed since the last success.
    #[must_use]
    pub const fn decided(&self) -> u32 {
        self.failures.saturating_sub(self.pending)
    }

    /// Counts a failure and returns the count. One step: of callers at once, each gets its own number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_failure<R: Records + ?Sized>(
        scope: &Scope,
        subject: &str,
        expires_at: Timestamp,
        records: &R,
    ) -> Result<Self, StoreError> {
        let subject = subject.to_owned();
        let first = Self { subject, scope: *scope, failures: 1, pending: 0, locked_until: None, expires_at };
        first.upsert(scope).increment(Self::FAILURES, 1).set(Self::EXPIRES_AT, expires_at).run(records).await
    }
}

/// Requests of one kind from one origin within one window of time.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_rate_windows", scope = PerEnvironment)]
#[index(name = "authsome_rate_windows_expires_idx", columns(expires_at), global)]
pub struct RateWindow {
    /// Kind, origin and start of the window.
    #[entity(id, max_len = 200)]
    pub key: String,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Requests so far.
    pub count: u32,
    /// When the window is over.
    pub expires_at: Timestamp,
}

impl Expiring for RateWindow {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}

impl RateWindow {
    /// Counts a request and returns the count. One step: of callers at once, each gets its own number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count<R: Records + ?Sized>(
        scope: &Scope,
        key: &str,
        expires_at: Timestamp,
        records: &R,
    ) -> Result<u32, StoreError> {
        let first = Self { key: key.to_owned(), scope: *scope, count: 1, expires_at };
        Ok(first.upsert(scope).increment(Self::COUNT, 1).run(records).await?.count)
    }
}
