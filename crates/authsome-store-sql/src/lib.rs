//! What Authsome's SQL backends share: statements, rows, constraints and migrations over sea-orm.
//!
//! What lives here: everything that follows from core's requests and operations alone. [`SqlStore`] carries out the
//! record verbs, transactions and migrations; statements are built with sea-query, and none is written by hand. What
//! never does: a connection string, a pool's settings, or a database's name in a branch. What databases do differently
//! is a method of [`Dialect`].
//!
//! To add a SQL database, make a crate with `config.rs` (how to connect), `dialect.rs` (its [`Dialect`]), `error.rs`
//! (what its errors mean), `migration.rs` (what it says about its tables), and `backend.rs`: a store that wraps a
//! [`SqlStore`] and forwards to it. Then run the conformance suite on it.

mod blame;
mod catalogue;
mod dialect;
mod error;
mod held;
mod history;
mod migration;
mod predicate;
mod schema;
mod statement;
mod steps;
mod store;
mod transaction;
mod verb;

pub use catalogue::Catalogue;
pub use dialect::{Dialect, Fault};
pub use store::{Connections, Patience, SqlStore};
pub use transaction::SqlTx;
