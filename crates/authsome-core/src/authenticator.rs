//! Look-ups past the scope: of a credential or a publishable key before its environment is known.
//!
//! Only the engine's authenticator and its jobs, which work across environments, use it; `cargo xtask tidy` holds that
//! no other crate names this module, except the suite that tests it.

use std::fmt;

use futures::future::BoxFuture;

use crate::entity::{Column, Delete, Entity, Find};
use crate::error::StoreError;
use crate::records::{Reach, Records};
use crate::route::{CredentialKind, ResolvedCredential};
use crate::secret::{Token, TokenHash};
use crate::time::Timestamp;

/// An entity that is found by the hash of a secret alone. The found entity carries its scope.
pub trait Credential: Entity {
    /// The column with the hash, which is unique over all environments.
    const HASH: Column<Self, TokenHash>;
}

/// Finds the credential with this hash, whatever its environment.
///
/// # Errors
/// [`StoreError`].
pub async fn resolve<E: Credential>(
    hash: &TokenHash,
    records: &(impl Records + ?Sized),
) -> Result<Option<E>, StoreError> {
    Find::new(Reach::unbound()).filter(E::HASH.eq(hash)).one(records).await
}

/// Finds the credential of this kind, whatever its environment.
///
/// # Errors
/// [`StoreError`].
pub async fn resolve_kind(
    kind: CredentialKind,
    token: &Token,
    records: &dyn Records,
) -> Result<Option<ResolvedCredential>, StoreError> {
    kind.resolve(token, records).await
}

/// An entity that requests name by a public key, such as a publishable key.
pub trait Published: Entity {
    /// The column with the key, which is unique over all apps.
    const KEY: Column<Self, String>;
}

/// Finds the entity with this key, whatever its app.
///
/// # Errors
/// [`StoreError`].
pub async fn published<E: Published>(key: &str, records: &(impl Records + ?Sized)) -> Result<Option<E>, StoreError> {
    Find::new(Reach::unbound()).filter(E::KEY.eq(key)).one(records).await
}

/// An entity that expires and is deleted afterwards.
pub trait Expiring: Entity {
    /// The column with the moment. An index leads with it.
    const EXPIRES: Column<Self, Timestamp>;
}

/// Deletes at most `limit` entities that expired before a moment, whatever their environment, and says how many.
///
/// # Errors
/// [`StoreError`].
pub async fn delete_expired<E: Expiring>(
    before: Timestamp,
    limit: u32,
    records: &(impl Records + ?Sized),
) -> Result<u64, StoreError> {
    Delete::<E>::new(Reach::unbound()).filter(E::EXPIRES.lt(before)).batch(limit, records).await
}

/// [`delete_expired`] of one entity.
type DeleteExpired = for<'a> fn(Timestamp, u32, &'a dyn Records) -> BoxFuture<'a, Result<u64, StoreError>>;

/// The expired rows of an entity, with its type erased.
#[derive(Clone, Copy)]
pub struct Expiry {
    table: &'static str,
    delete: DeleteExpired,
}

impl Expiry {
    /// Those of this entity.
    #[must_use]
    pub fn of<E: Expiring>() -> Self {
        fn delete<E: Expiring>(
            before: Timestamp,
            limit: u32,
            records: &dyn Records,
        ) -> BoxFuture<'_, Result<u64, StoreError>> {
            Box::pin(delete_expired::<E>(before, limit, records))
        }
        Self { table: &E::table().name, delete: delete::<E> }
    }
}

impl fmt::Debug for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expiry").field(&self.table).finish()
    }
}

/// [`delete_expired`] with an erased type.
///
/// # Errors
/// [`StoreError`].
pub async fn delete_rows_expired(
    expiry: &Expiry,
    before: Timestamp,
    limit: u32,
    records: &dyn Records,
) -> Result<u64, StoreError> {
    (expiry.delete)(before, limit, records).await
}

/// An entity that waits in a queue, oldest first.
pub trait Queued: Entity {
    /// The column with the moment from which it may be worked on; null when it is done. An index leads with it.
    const DUE: Column<Self, Option<Timestamp>>;
}

/// At most `limit` due entities of all environments, oldest id first. An unreadable row is logged and skipped, so that
/// it does not keep the others waiting.
///
/// # Errors
/// [`StoreError`].
pub async fn due<E: Queued>(
    now: Timestamp,
    limit: u32,
    records: &(impl Records + ?Sized),
) -> Result<Vec<E>, StoreError> {
    Find::new(Reach::unbound())
        .filter(E::DUE.le(now))
        .order_by(E::ID_COLUMN, crate::records::Direction::Ascending)
        .limit(limit)
        .readable(records)
        .await
}
