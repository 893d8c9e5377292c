//! [`Leases`]: requests that a process takes from a limit's counter in blocks, and deals out itself.

use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use dashmap::DashMap;

/// How many requests a process takes at once. It divides every limit that is taken in blocks.
pub const LEASE: u32 = 20;

/// The requests that this process has taken from the store and not dealt out yet.
#[derive(Debug, Default)]
pub struct Leases(DashMap<(Scope, String), Lease>);

#[derive(Clone, Copy, Debug)]
struct Lease {
    /// How many requests may be dealt out.
    available: u32,
    /// The highest count that the store gave.
    taken: u32,
    expires_at: Timestamp,
}

impl Lease {
    fn left(&self, most: u32) -> u32 {
        most.saturating_sub(self.taken).saturating_add(self.available)
    }
}

/// The result of dealing one out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dealt {
    /// One was dealt out.
    One {
        /// How many are left in the window.
        left: u32,
    },
    /// The lease is used up: take another one from the store.
    TakeMore,
    /// The limit is reached.
    Exhausted,
}

impl Leases {
    /// Deals one out if the lease has one.
    #[must_use]
    pub fn deal(&self, key: &(Scope, String), most: u32) -> Dealt {
        let Some(mut lease) = self.0.get_mut(key) else { return Dealt::TakeMore };
        if lease.available > 0 {
            lease.available -= 1;
            return Dealt::One { left: lease.left(most) };
        }
        if lease.taken >= most { Dealt::Exhausted } else { Dealt::TakeMore }
    }

    /// Notes that the store's count grew by a lease to `taken`, deals out one of it, and says how many are left. Past
    /// the limit, the new lease is worth nothing, and the rest of an earlier one is dealt out.
    #[must_use]
    pub fn add(&self, key: &(Scope, String), taken: u32, most: u32, expires_at: Timestamp) -> Option<u32> {
        let mut lease = self.0.entry(key.clone()).or_insert(Lease { available: 0, taken: 0, expires_at });
        if taken <= most {
            lease.available += LEASE;
        }
        lease.taken = lease.taken.max(taken);
        lease.available = lease.available.checked_sub(1)?;
        Some(lease.left(most))
    }

    /// Forgets windows that are over.
    pub fn forget(&self, now: Timestamp) {
        self.0.retain(|_, lease| lease.expires_at > now);
    }
}
