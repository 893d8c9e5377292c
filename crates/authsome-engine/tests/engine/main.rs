//! What the engine promises, on a store in memory with a clock that stands still.

#![cfg(test)]

mod alike;
mod api_keys;
mod apps;
mod audit;
mod common;
mod copies;
mod crossing;
mod deletion;
mod environments;
mod factors;
mod hooks;
mod isolation;
mod jobs;
mod lockout;
mod mail;
mod meanwhile;
mod notices;
mod plugins;
mod proofs;
mod rate;
mod reach;
mod refresh;
mod required;
mod session;
mod session_config;
mod setup;
mod sign_in;
mod signing_keys;
mod start;
mod suspension;
mod test_codes;
mod tickets;
mod users;
