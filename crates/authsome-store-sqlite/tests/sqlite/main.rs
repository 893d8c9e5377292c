//! What the conformance suite cannot see: connections, locks, plans of queries, damage, and the schema on disk.

#[cfg(test)]
mod common;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod constraints;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod transaction;
#[cfg(test)]
mod values;
