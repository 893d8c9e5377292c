//! [`BodyCredential`]: where in a body a credential is.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::request::json;
use crate::error::Error;
use crate::secret::Token;

/// A kind of credentials that bodies carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyCredentialKind {
    /// A refresh token.
    RefreshToken,
    /// A mailed token that proves an address.
    Verification,
    /// A mailed token that lets a person set a password.
    PasswordReset,
    /// The ticket of a half-done sign-in.
    Ticket,
}

/// Reads a body as its route does, and gives the credential in it.
type Read = dyn Fn(&HeaderMap, &Bytes) -> Result<Token, Error> + Send + Sync;

/// The credential in the bodies of a route, in whose environment a request acts.
#[derive(Clone)]
pub struct BodyCredential {
    kind: BodyCredentialKind,
    read: Arc<Read>,
}

impl fmt::Debug for BodyCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyCredential").field(&self.kind).finish()
    }
}

impl BodyCredential {
    pub(super) fn new<T: DeserializeOwned + 'static>(kind: BodyCredentialKind, token: fn(&T) -> &str) -> Self {
        let read = move |headers: &HeaderMap, body: &Bytes| Ok(Token::presented(token(&json::<T>(headers, body)?)));
        Self { kind, read: Arc::new(read) }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> BodyCredentialKind {
        self.kind
    }

    /// The credential in a body.
    ///
    /// # Errors
    /// Those of [`Request::json`](super::Request::json): a body that the route does not take carries no credential.
    pub fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<Token, Error> {
        (self.read)(headers, body)
    }
}
