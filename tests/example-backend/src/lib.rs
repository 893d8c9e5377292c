//! The smallest backend that passes Authsome's conformance suite, to read and to copy.
//!
//! What lives here: everything that a backend must have, in its plainest form, and a wrapper around any backend. What never
//! does: an index, a cache, or anything else that is there for speed. Every question is answered by looking at every row.
//! `docs/writing-a-backend.md` walks through it in the order in which one writes it.
//!
//! From the inside out: `table` (rows), `filter` (which rows are meant), `records` (the verbs), `rules` (unique keys and
//! references), `database` (one lock around an immutable state), `transaction`, `migration`, `store` (the traits). Beside
//! them `counting`: a wrapper that counts the calls of whichever store it is put around.

mod counting;
mod database;
mod filter;
mod migration;
mod records;
mod rules;
mod store;
mod table;
mod transaction;

pub use counting::{Counting, Tally};
pub use store::ExampleStore;
