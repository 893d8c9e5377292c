//! [`RateLimiter`].
//!
//! Requests are counted in fixed windows, in the store, so that all processes share a count. Of a generous limit, a
//! process takes a block of requests from the store at once and deals them out itself: the limit is never exceeded, and
//! a process may leave a little of its block unused.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use authsome_context::rules::network;
use authsome_context::{Dealt, Foundation, LEASE};
use authsome_core::attempt::RateWindow;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::route::{RateClass, RateLimit};
use authsome_core::scope::Scope;
use authsome_core::time::{Seconds, Timestamp};
use data_encoding::HEXLOWER;

/// The smallest limit that is taken in blocks.
const GENEROUS: u32 = 600;

/// Whether a request is allowed, and how much of the tightest limit is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// How many requests a window has.
    pub limit: u32,
    /// How many are left in this one.
    pub remaining: u32,
    /// When the window ends, in seconds from now, at least 1.
    pub reset: Seconds,
    /// How long a window is.
    pub window: Seconds,
}

impl RateDecision {
    /// The refusal of a request past the limit.
    ///
    /// # Errors
    /// `rate_limited` with when to try again.
    pub fn require(&self) -> Result<(), Error> {
        if self.allowed {
            Ok(())
        } else {
            Err(Error::new(Code::RateLimited, "too many requests: try again later").retry_after(self.reset))
        }
    }
}

/// Counts requests.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    pub(crate) foundation: Arc<Foundation>,
}

impl RateLimiter {
    /// Counts a request and says whether it may be made. `address` is the client's; `subject` is what the class counts
    /// beside addresses: the canonical identifier for sign-ins, the canonical address for mails, the refresh token or the
    /// session's id for refreshes. Only an HMAC of it is stored. A part that is not known is not limited.
    ///
    /// `None` if no limit applies, or limits are switched off.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn check(
        &self,
        class: RateClass,
        scope: &Scope,
        address: Option<IpAddr>,
        subject: Option<&str>,
    ) -> Result<Option<RateDecision>, Error> {
        let foundation = &*self.foundation;
        if !foundation.config.rate_limits {
            return Ok(None);
        }
        let now = foundation.now();
        let address = address.map(|ip| network::origin(ip).to_string());
        let subject = subject.map(|subject| HEXLOWER.encode(&foundation.keys.rate.mac(&[subject.as_bytes()])));
        let mut tightest: Option<RateDecision> = None;
        for (limit, what, origin) in [(class.address, "address", address), (class.subject, "subject", subject)] {
            let (Some(limit), Some(origin)) = (limit, origin) else { continue };
            let decision = self.count(limit, scope, &format!("{}/{what}/{origin}", class.name), now).await?;
            if !decision.allowed {
                return Ok(Some(decision));
            }
            if tightest.is_none_or(|other| decision.remaining < other.remaining) {
                tightest = Some(decision);
            }
        }
        Ok(tightest)
    }

    async fn count(
        &self,
        limit: RateLimit,
        scope: &Scope,
        counter: &str,
        now: Timestamp,
    ) -> Result<RateDecision, Error> {
        let length = i64::try_from(limit.window.as_millis()).unwrap_or(i64::MAX);
        let start = now.as_millis().div_euclid(length).saturating_mul(length);
        let end = Timestamp::from_millis(start).unwrap_or(now).plus(limit.window);
        let key = format!("{counter}/{start}");
        let remaining = if limit.most >= GENEROUS {
            self.deal(scope, key, end, limit.most).await?
        } else {
            let count = RateWindow::count(scope, &key, end, &*self.foundation.store).await?;
            limit.most.checked_sub(count)
        };
        let seconds = |duration: Duration| {
            Seconds(u32::try_from(duration.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1))
        };
        Ok(RateDecision {
            allowed: remaining.is_some(),
            limit: limit.most,
            remaining: remaining.unwrap_or(0),
            reset: seconds(end.since(now)),
            window: seconds(limit.window),
        })
    }

    /// Deals out one request of this process's block, and says how many are left; `None` if the limit is reached.
    async fn deal(&self, scope: &Scope, key: String, end: Timestamp, most: u32) -> Result<Option<u32>, StoreError> {
        let foundation = &*self.foundation;
        let lease = (*scope, key);
        match foundation.leases.deal(&lease, most) {
            Dealt::One { left } => return Ok(Some(left)),
            Dealt::Exhausted => return Ok(None),
            Dealt::TakeMore => {}
        }
        let first = RateWindow { key: lease.1.clone(), scope: *scope, count: LEASE, expires_at: end };
        let taken = first.upsert(scope).increment(RateWindow::COUNT, LEASE.into()).run(&*foundation.store).await?.count;
        Ok(foundation.leases.add(&lease, taken, most, end))
    }
}
