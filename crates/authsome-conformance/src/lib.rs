//! The public suite that every backend of Authsome must pass.
//!
//! What lives here: the laws of core's store, one named [`Case`] each, and the entities and rows that they need. What
//! never does: a backend, or a case that one of them skips.
//!
//! Whoever writes a backend implements [`Backend`], hands each of [`cases`] to their test harness, and reports those
//! that fail. Whoever writes a plugin adds [`plugin_cases`] for its entities.
//!
//! A law is a function in the file of its area, listed at the top of that file under `both` (it is checked on the store
//! and once more inside a transaction), `direct` or `unmigrated`. A new entity of core needs a [`Sample`], or this
//! crate does not compile; its cases follow from its table.

mod backend;
mod case;
mod context;
mod entities;
mod failure;
mod fixture;
mod migrations;
mod races;
mod stores;
#[cfg(test)]
mod tests;
mod transactions;
mod verbs;

pub use backend::{Backend, Database, prepare};
pub use case::Case;
pub use entities::plugin_cases;
pub use failure::Failure;
pub use fixture::{Home, HomeKey, Sample, Subject, at, code, hash, id};

/// Every case that does not depend on a plugin.
#[must_use]
pub fn cases() -> Vec<Case> {
    parts().into_iter().flat_map(|(_, cases)| cases).collect()
}

/// The same cases, by the part of the contract that they hold.
#[must_use]
pub fn parts() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("Record verbs", verbs::cases()),
        ("Entities: round trips, keys, references, isolation", entities::cases()),
        ("Sub-stores", stores::cases()),
        ("Transactions", transactions::cases()),
        ("Races", races::cases()),
        ("Migrations", migrations::cases()),
    ]
}
