//! [`CredentialKind`] and [`BodyCredential`]: credentials in bodies.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::request::json;
use crate::account::{PasswordReset, Verification};
use crate::authenticator::{Credential, resolve};
use crate::debug::shows_only;
use crate::entity::Entity;
use crate::error::{Error, StoreError};
use crate::records::Records;
use crate::scope::{PerEnvironment, Scope};
use crate::secret::{Token, TokenHash};
use crate::session::RefreshToken;
use crate::ticket::Ticket;

/// Finds the row of a credential in any environment.
type Resolve = for<'a> fn(TokenHash, &'a dyn Records) -> BoxFuture<'a, Result<Option<ResolvedCredential>, StoreError>>;

/// A kind of credential in bodies: the entity with its hashes, and the answer to an unknown one.
#[derive(Clone, Copy)]
pub struct CredentialKind {
    name: &'static str,
    missing: fn() -> Error,
    resolve: Resolve,
}

impl CredentialKind {
    /// A refresh token.
    pub const REFRESH_TOKEN: Self =
        Self { missing: Error::session_not_found, ..Self::of::<RefreshToken>("refresh token") };
    /// A mailed token that proves an address.
    pub const VERIFICATION: Self = Self::of::<Verification>("verification");
    /// A mailed token that lets a person set a password.
    pub const PASSWORD_RESET: Self = Self::of::<PasswordReset>("password reset");
    /// The ticket of a half-done sign-in.
    pub const TICKET: Self = Self::of::<Ticket>("ticket");

    /// Credentials with their hashes in this entity; an unknown one is answered with `invalid_token`. `name` is for
    /// logs and tests.
    #[must_use]
    pub const fn of<E: Credential + Entity<Scope = PerEnvironment>>(name: &'static str) -> Self {
        Self {
            name,
            missing: Error::invalid_token,
            resolve: |hash, records| {
                Box::pin(async move {
                    let found: Option<E> = resolve(&hash, records).await?;
                    Ok(found.map(ResolvedCredential::new))
                })
            },
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is the ticket of a half-done sign-in.
    #[must_use]
    pub fn is_ticket(&self) -> bool {
        self.name == Self::TICKET.name
    }

    /// The answer to a credential that is unknown in the environment.
    #[must_use]
    pub fn missing(&self) -> Error {
        (self.missing)()
    }

    /// For the authenticator, which alone looks it up before the environment is known.
    pub(crate) async fn resolve(
        &self,
        token: &Token,
        records: &dyn Records,
    ) -> Result<Option<ResolvedCredential>, StoreError> {
        (self.resolve)(token.hash(), records).await
    }
}

impl fmt::Debug for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A credential in a body, with its row.
#[derive(Clone)]
pub struct ResolvedCredential {
    scope: Scope,
    row: Arc<dyn Any + Send + Sync>,
}

impl ResolvedCredential {
    /// The credential with this row. The gate makes it; so do tests of handlers.
    #[must_use]
    pub fn new<E: Credential + Entity<Scope = PerEnvironment>>(row: E) -> Self {
        Self { scope: *row.scope_key(), row: Arc::new(row) }
    }

    /// Where it lives.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Its row, if it is of this entity.
    #[must_use]
    pub fn row<E: 'static>(&self) -> Option<&E> {
        self.row.downcast_ref()
    }
}

shows_only!(ResolvedCredential { scope });

/// Reads a body as its route does, and returns a part of it.
pub(super) type Read<T> = dyn Fn(&HeaderMap, &Bytes) -> Result<T, Error> + Send + Sync;

/// The credential in the bodies of a route. A request acts in its environment.
#[derive(Clone)]
pub struct BodyCredential {
    kind: CredentialKind,
    read: Arc<Read<Option<Token>>>,
}

impl fmt::Debug for BodyCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyCredential").field(&self.kind).finish()
    }
}

impl BodyCredential {
    pub(super) fn new<T: DeserializeOwned + 'static>(kind: CredentialKind, token: fn(&T) -> Option<&str>) -> Self {
        let read = move |headers: &HeaderMap, body: &Bytes| Ok(token(&json::<T>(headers, body)?).map(Token::presented));
        Self { kind, read: Arc::new(read) }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// The credential in a body; `None` for an optional one that is absent.
    ///
    /// # Errors
    /// Those of [`Request::json`](super::Request::json).
    pub fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<Option<Token>, Error> {
        (self.read)(headers, body)
    }
}
