//! The laws of a migration run, on a database in memory that can fail at any step.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod apply;
mod baseline;
mod crash;
mod database;
mod declared;
mod down;
mod inspect;
mod refuse;
