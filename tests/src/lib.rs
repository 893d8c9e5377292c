//! Suites across crates, and what they share.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper of tests fails the test")]

pub mod backends;
pub mod client;
pub mod database_server;
pub mod fixtures;
pub mod flood;
pub mod home;
pub mod mailbox;
pub mod matrix;
pub mod own_server;
pub mod program;
pub mod suite;
