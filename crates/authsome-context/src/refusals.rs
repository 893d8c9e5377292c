//! Refusals that several services give, in the same words.

use authsome_core::error::{Code, Error};

/// No session, or key, has the token here.
#[must_use]
pub fn session_not_found() -> Error {
    Error::new(Code::SessionNotFound, "there is no such session here")
}

/// A session or key is too old, or was idle for too long.
#[must_use]
pub fn token_expired() -> Error {
    Error::new(Code::TokenExpired, "the token is expired: refresh it, or sign in again")
}

/// A mailed token or a ticket is unknown, used, or too old.
#[must_use]
pub fn invalid_token() -> Error {
    Error::new(Code::InvalidToken, "the link is wrong, used, or too old: ask for a new one")
}

/// The environment is suspended.
#[must_use]
pub fn suspended() -> Error {
    Error::new(Code::EnvironmentInactive, "no authentication completes while it is suspended")
}
