//! What the conformance suite cannot see: connections, outages, locks, damage, and the schema in the catalog.
#![expect(clippy::disallowed_methods, reason = "servers live in real time")]

#[cfg(test)]
mod common;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod constraints;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod pooler;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod values;
#[cfg(test)]
mod way;
