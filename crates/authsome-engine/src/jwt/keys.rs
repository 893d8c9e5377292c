//! An environment's signing keys: one that signs, the next one, and the one before.

use std::sync::Arc;

use authsome_context::{EnvironmentContext, KeyRing};
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{SigningKeyId, TypedId};
use authsome_core::jwt::{SigningPair, VerifyingKey};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::signingkey::{SigningKey, SigningKeyState};
use authsome_core::time::Timestamp;
use zeroize::Zeroizing;

/// The environment's keys. An environment without keys gets its first; of callers at once, one makes them.
pub(super) async fn ring(at: &EnvironmentContext) -> Result<Arc<KeyRing>, Error> {
    let foundation = at.foundation();
    let scope = at.scope();
    let ring = || foundation.cache.key_rings.get_or_load(scope, at.now(), load(at, &scope));
    if let Some(ring) = ring().await? {
        return Ok(ring);
    }
    complete(at).await?;
    ring().await?.ok_or_else(|| Error::internal("the environment's signing key is gone"))
}

async fn load(at: &EnvironmentContext, scope: &Scope) -> Result<Option<KeyRing>, Error> {
    let keys = KeyRows::find(scope, at.store()).await?;
    let Some(current) = &keys.current else {
        return Ok(None);
    };
    Ok(Some(KeyRing {
        current: open(at, current)?,
        previous: keys.previous.as_ref().map(|key| open(at, key)).transpose()?,
        published: keys.all().map(|key| VerifyingKey { id: key.id, public: key.public }).collect(),
    }))
}

/// The rows of an environment's keys.
#[derive(Default)]
pub(super) struct KeyRows {
    pub(super) next: Option<SigningKey>,
    pub(super) current: Option<SigningKey>,
    pub(super) previous: Option<SigningKey>,
}

impl KeyRows {
    pub(super) async fn find(scope: &Scope, records: &(impl Records + ?Sized)) -> Result<Self, StoreError> {
        let mut keys = Self::default();
        for key in SigningKey::find(scope).all(records).await? {
            let place = match key.state {
                SigningKeyState::Next => &mut keys.next,
                SigningKeyState::Current => &mut keys.current,
                SigningKeyState::Previous => &mut keys.previous,
            };
            *place = Some(key);
        }
        Ok(keys)
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.current, &self.next, &self.previous].into_iter().flatten()
    }
}

/// Makes the missing ones of a current and a next key, both in one transaction.
pub(super) async fn complete(at: &EnvironmentContext) -> Result<(), Error> {
    let now = at.now();
    let current = &SigningKey { activated_at: Some(now), ..new(at, SigningKeyState::Current, now)? };
    let next = &new(at, SigningKeyState::Next, now)?;
    let scope = &at.scope();
    at.foundation()
        .change(|tx| async move {
            current.insert_if_absent(scope, &*tx).await?;
            next.insert_if_absent(scope, &*tx).await?;
            Ok::<_, Error>(())
        })
        .await
}

/// A new key.
pub(super) fn new(at: &EnvironmentContext, state: SigningKeyState, now: Timestamp) -> Result<SigningKey, Error> {
    let foundation = at.foundation();
    let id = SigningKeyId::generate(now, &*foundation.entropy)?;
    let pair = SigningPair::generate(id, &*foundation.entropy)?;
    let seed = Zeroizing::new(pair.seed());
    Ok(SigningKey {
        id,
        scope: at.scope(),
        state,
        public: pair.verifying_key().public,
        sealed_private: foundation.keys.signing.seal(&place(id), &*seed, &*foundation.entropy)?,
        created_at: now,
        activated_at: None,
        retired_at: None,
        needed_until: None,
    })
}

/// The pair of a key, its private half opened.
fn open(at: &EnvironmentContext, key: &SigningKey) -> Result<SigningPair, Error> {
    let sealing = &at.foundation().keys.signing;
    let opened = sealing.open(&place(key.id), &key.sealed_private).map(Zeroizing::new);
    let seed = opened.map_err(Error::internal)?;
    let seed = <&[u8; 32]>::try_from(seed.as_slice()).map_err(|_| StoreError::Corrupt {
        table: SigningKey::table().name.clone(),
        column: SigningKey::SEALED_PRIVATE.name().to_owned(),
        id: key.id.to_string(),
    })?;
    Ok(SigningPair::from_seed(key.id, seed))
}

/// The place that the private key is sealed for.
fn place(id: SigningKeyId) -> String {
    format!("{}.{}.{id}", SigningKey::table().name, SigningKey::SEALED_PRIVATE.name())
}
