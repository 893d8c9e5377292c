//! Authsome's MongoDB backend.
//!
//! What lives here: how to reach a replica set, what its errors mean, how it stores the portable types, and the rules
//! that MongoDB does not keep by itself: references, and what several documents do together. What never does: a verb
//! that is more than a backend's part, or a rule of a table.
//!
//! ```no_run
//! # async fn connect() -> Result<(), authsome_core::error::StoreError> {
//! use authsome_core::store::Store;
//! use authsome_store_mongo::MongoStore;
//!
//! let store = MongoStore::connect("mongodb://localhost:27017/authsome?replicaSet=rs0").await?;
//! store.ping().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # The server
//! MongoDB 6.0 or later, as a replica set (of one member, if need be) or behind `mongos`. Every write is acknowledged
//! by the majority with its journal, every read is of what the majority has, from the primary; a URL cannot weaken
//! that. What spans documents is one transaction; the server ends one that is open for longer than 60 seconds
//! (`transactionLifetimeLimitSeconds`). A connection to one member alone
//! (`directConnection=true`) is refused: it would read from a secondary.
//!
//! # Storage
//! A table is a collection of the same name, a column a field; a null is a missing field.
//! Fields that begin with `_` are the backend's own, and so are the collections `authsome_schema` (what migrations
//! made),
//! `authsome_locks`, `authsome_migrations` and `authsome_migration_lock`.
//!
//! | portable type | BSON type |
//! |---|---|
//! | `Bool` | bool |
//! | `Int` | long |
//! | `Text` | string, compared byte for byte |
//! | `Bytes` | binData, generic; compared by length first |
//! | `Time` | date, in milliseconds |
//! | `Json` | string: compact JSON |
//!
//! # Processes that run while another one migrates
//! What a process knows of the tables it reads anew with the first transaction that begins after a migration, and an
//! insert into a collection that is gone is refused by the server. A look-up or an update outside of a transaction, in
//! a process that has begun none since, finds nothing in a table that was dropped, and may still write a column that
//! was.
//!
//! # References
//! MongoDB has none. Whoever writes a row that refers to another one writes that other one too, in the same
//! transaction: so it cannot be deleted meanwhile. A parent that all rows of a scope share (an app, an environment)
//! would make them all wait for each other, and has 64 lock documents instead: a child takes one, a deletion all.

mod backend;
mod catalogue;
mod concern;
mod config;
mod conflict;
mod error;
mod insertion;
mod migration;
mod operations;
mod predicate;
mod references;
mod row;
mod schema;
mod settings;
mod shared;
mod transaction;
mod verbs;

pub use backend::MongoStore;
pub use settings::MongoBuilder;
