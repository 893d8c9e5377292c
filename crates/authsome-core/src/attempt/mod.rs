//! Counters of attempts: lockout of accounts, and limits on the rate of requests. Each counts in one step.

mod entity;

pub use entity::{Lockout, RateWindow};
