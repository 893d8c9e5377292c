//! What the conformance suite cannot see of this backend. Needs the replica set of `AUTHSOME_TEST_MONGODB_URL`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails in a helper fails the test")]

mod cascade;
mod connecting;
mod contention;
mod data;
mod drift;
mod faults;
mod fixture;
mod lease;
mod plans;
mod stale;
