//! Authsome's memory backend: tables and indexes in the process. For tests, and the reference of what the verbs mean.
//!
//! What lives here: the record verbs over persistent ordered maps, and the migrations that make their tables. What never
//! does: a file, a connection, or anything that an entity or a service knows.
//!
//! All data is one immutable `State`. A reader takes a snapshot of it; the one writer at a time works on
//! a copy that shares what it does not change and publishes it whole. So a transaction begins by copying a pointer,
//! commits by swapping it, and rolls back by dropping its copy.
//!
//! From the outside in: `backend` and `transaction` (the traits), `database` (publishing and the writer's lock), `state`
//! and `verbs` (what a request does), `references` (parents and children), `plan` and `filter` (which rows are meant),
//! `table`, `index` and `key` (how rows are kept). To add a verb, write it on `State`, and call it from both
//! implementations of `Records`.

mod backend;
mod database;
mod error;
mod filter;
mod index;
mod key;
mod layout;
mod migration;
mod plan;
mod references;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod transaction;
mod verbs;

pub use backend::MemoryStore;
