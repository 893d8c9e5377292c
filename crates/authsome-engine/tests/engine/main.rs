//! What the engine promises, on a store in memory with a clock that stands still.

#![cfg(test)]

mod common;
mod hooks;
mod isolation;
mod jobs;
mod lockout;
mod mail;
mod rate;
mod refresh;
mod session;
mod sign_in;
mod start;
mod users;
