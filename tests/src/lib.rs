//! Suites across crates, and what they share.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper of tests fails the test")]

pub mod backends;
pub mod client;
pub mod mailbox;
pub mod program;
