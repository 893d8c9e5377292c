//! Authsome's PostgreSQL backend.
//!
//! What lives here: how to connect to PostgreSQL, what its errors mean, how it stores the portable types, and what
//! it says about its tables. What never does: a verb or a migration of its own; those are `authsome-store-sql`'s.
//!
//! ```no_run
//! # async fn connect() -> Result<(), authsome_core::error::StoreError> {
//! use authsome_core::store::Store;
//! use authsome_store_pg::PgStore;
//!
//! let store = PgStore::connect("postgres://user:password@db.example.com/authsome?sslmode=verify-full").await?;
//! store.ping().await?;
//! # Ok(())
//! # }
//! ```
//!
//! PostgreSQL 12 or later. Tables live in the first schema of the search path, which the URL can set:
//! `?options=-c%20search_path%3Dauth`.
//!
//! # The URL
//! `postgres://user:password@host:5432/database`, with these parameters:
//!
//! | parameter | |
//! |---|---|
//! | `sslmode` | `disable`, `prefer` (the default: encrypted where the server can, and open to whoever sits in
//! between), `require`, `verify-ca`, `verify-full` (the one to use over a network) |
//! | `sslrootcert` | a PEM file with the authorities to trust; by default the system's |
//! | `sslcert`, `sslkey` | PEM files of the client's certificate and key |
//! | `host`, `hostaddr`, `port`, `user`, `password`, `dbname`, `application_name`, `options` | as libpq knows them |
//! | `statement-cache-capacity` | prepared statements that a connection keeps; by default 256 |
//!
//! What is missing in the URL is taken from the environment (`PGPASSWORD` and the like) and `~/.pgpass`, as by libpq.
//!
//! # Behind PgBouncer
//! Nothing is bound to a session: no session's lock, no `SET` outlasts its transaction, and the start-up packet holds
//! only what PgBouncer knows. Statements are prepared by name, so:
//!
//! - `pool_mode = transaction` needs PgBouncer 1.21 or later with `max_prepared_statements` of 256 or more
//!   (<https://www.pgbouncer.org/config.html#max_prepared_statements>). Earlier ones mix up the clients' statements,
//!   whatever `statement-cache-capacity` says.
//! - `pool_mode = session` works with every version.
//!
//! # Settings of the server
//! Each new connection asks for these, and refuses a server where
//!
//! - `synchronous_commit` is `off`: a crash would lose writes that were acknowledged. `local` and above are fine, and
//!   `fsync` is the operator's;
//! - `default_transaction_isolation` is `repeatable read` or `serializable`: a write would fail where it has to wait;
//! - `session_replication_role` is `replica`: references would not be enforced;
//! - `default_transaction_read_only` is `on`, or the server is a hot standby: it would take no writes.
//!
//! The first three are invalid, the last is as if the server were not there. Nothing is set by the store itself, since
//! a pooler of transactions would not keep it.
//!
//! # Isolation
//! A transaction is `REPEATABLE READ`, with the snapshot of its begin. A verb outside of one is a statement of its own
//! in
//! `READ COMMITTED`: it waits for a concurrent change of its row, and holds its predicate against what that leaves.
//!
//! Of several constraints that a row breaks, the first declared is reported. Inside a transaction, which PostgreSQL
//! ends at the first error, the order in which they were created decides; a restored dump may have another one.
//!
//! # Storage
//! | portable type | stored as |
//! |---|---|
//! | `Bool` | `boolean` |
//! | `Int` | `bigint` |
//! | `Text` | `text COLLATE "C"`, compared byte for byte |
//! | `Bytes` | `bytea` |
//! | `Time` | `timestamptz(3)` |
//! | `Json` | `json`, which keeps the text as it was written |

mod backend;
mod config;
mod dialect;
mod error;
mod migration;
mod retirement;
mod settings;
#[cfg(test)]
mod tests;

pub use backend::PgStore;
pub use config::PgBuilder;
