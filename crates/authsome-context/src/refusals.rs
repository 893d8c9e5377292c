//! The errors that several services share.

use authsome_core::error::{Code, Error};

/// A session or key is too old, or was idle for too long.
#[must_use]
pub fn token_expired() -> Error {
    Error::new(Code::TokenExpired, "the token is expired: refresh it, or sign in again")
}
