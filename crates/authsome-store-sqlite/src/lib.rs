//! Authsome's SQLite backend.
//!
//! What lives here: how to open SQLite, what its errors mean, how it stores the portable types, and what it says
//! about its tables. What never does: a verb or a migration of its own; those are `authsome-store-sql`'s.
//!
//! ```no_run
//! # async fn connect() -> Result<(), authsome_core::error::StoreError> {
//! use authsome_core::store::Store;
//! use authsome_store_sqlite::SqliteStore;
//!
//! let store = SqliteStore::connect("sqlite:authsome.db").await?;
//! store.ping().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Processes and connections
//! A store has one connection that writes and several that read. The file is in WAL mode, so readers never wait for the
//! writer; writers, in this process and in others, wait for each other. Several processes may use one file on one
//! machine; a network file system will not do (<https://www.sqlite.org/wal.html>). A commit is on disk when it returns.
//!
//! # Storage
//! | portable type | declared as | holds |
//! |---|---|---|
//! | `Bool` | `boolean` | 0 or 1 |
//! | `Int` | `integer` | a 64-bit integer |
//! | `Text` | `text` | UTF-8, compared byte for byte |
//! | `Bytes` | `blob` | the bytes |
//! | `Time` | `integer_ms` | milliseconds since the Unix epoch |
//! | `Json` | `json_text` | compact JSON |

mod backend;
mod config;
mod dialect;
mod error;
mod migration;
mod surprises;
#[cfg(test)]
mod tests;

pub use backend::SqliteStore;
pub use config::SqliteBuilder;
