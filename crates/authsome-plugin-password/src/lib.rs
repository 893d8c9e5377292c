//! Passwords for Authsome: Argon2id in a table of its own, on a bounded hashing pool.
//!
//! What lives here: everything about passwords, from the policy to the stored hash. What never does: a database, a web
//! framework, or the flows that use passwords (sign-up, sign-in, reset), which are the engine's.
//!
//! - [`PasswordConfig`] sets the cost of a hash and the size of the hashing pool; the defaults are OWASP's.
//! - [`PasswordPlugin`] brings the method `password`, the table of [`PasswordHash`] and its migration group.
//! - A password is normalized to NFKC before it is measured or hashed (NIST SP 800-63B-4, section 3.1.1.2), so that it
//!   is the same password on every keyboard. It is never cut.
//! - Hashing runs on threads of its own, at low scheduling priority and with a bounded queue, so that a flood of
//!   sign-ins costs neither memory nor the speed of other requests. Past the queue the answer is 503 with
//!   `Retry-After`.
//!
//! To change the cost of new hashes, change the configuration: older hashes stay valid and are replaced one by one as
//! their owners sign in. Until then, checking an older hash has its old cost.

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
