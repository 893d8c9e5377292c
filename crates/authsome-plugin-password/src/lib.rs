//! Passwords for Authsome: Argon2id in a table of its own, on a bounded hashing pool.
//!
//! What lives here: everything about passwords, from the policy to the stored hash. What never does: a database, a web
//! framework, or the flows that use passwords (sign-up, sign-in, reset), which are the engine's.
//!
//! - [`PasswordConfig`] says what a hash costs and how many are made at once; the defaults are OWASP's.
//! - [`PasswordPlugin`] brings the method `password`, the table of [`PasswordHash`] and its migration group.
//! - A password is brought to NFKC before it is measured or hashed (NIST SP 800-63B-4, section 3.1.1.2), so that it is
//!   the same password on every keyboard. It is never cut.
//! - Hashing runs on threads of its own, at low scheduling priority and with a bounded queue, so that a flood of
//!   sign-ins costs neither memory nor the speed of other requests. Past the queue the answer is 503 with `Retry-After`.
//!
//! To change what a new hash costs, change the configuration: older hashes stay valid and are replaced one by one as
//! their owners sign in. Until then, checking one of them takes as long as it cost when it was made.

mod config;
mod entity;
mod memory;
mod method;
mod migrations;
mod nfkc;
mod phc;
mod plugin;
mod policy;
mod pool;
#[cfg(test)]
mod tests;
mod user_data;

pub use config::PasswordConfig;
pub use entity::PasswordHash;
pub use plugin::PasswordPlugin;
