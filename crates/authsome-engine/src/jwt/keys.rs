//! An environment's signing keys.

use std::sync::Arc;

use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{SigningKeyId, TypedId};
use authsome_core::jwt::{SigningPair, VerifyingKey};
use authsome_core::scope::Scope;
use authsome_core::signingkey::{SigningKey, SigningKeyState};
use zeroize::Zeroizing;

use crate::environment::EnvironmentHandle;

/// The keys of an environment, kept for a moment.
pub(crate) struct KeyRing {
    /// Signs.
    pub(super) current: SigningPair,
    /// Verify.
    pub(super) published: Vec<VerifyingKey>,
}

/// The environment's keys. One that has none gets its first; of callers at once, one makes it.
pub(super) async fn ring(at: &EnvironmentHandle) -> Result<Arc<KeyRing>, Error> {
    let inner = at.engine().inner();
    let scope = at.scope();
    if let Some(ring) = inner.cache.key_rings.get_or_load(scope, at.now(), load(at, &scope)).await? {
        return Ok(ring);
    }
    make(at, &scope).await?;
    let ring = inner.cache.key_rings.get_or_load(scope, at.now(), load(at, &scope)).await?;
    ring.ok_or_else(|| Error::internal("the environment's signing key is gone"))
}

async fn load(at: &EnvironmentHandle, scope: &Scope) -> Result<Option<KeyRing>, Error> {
    let keys = SigningKey::find(scope).all(at.store()).await?;
    let Some(current) = keys.iter().find(|key| key.state == SigningKeyState::Current) else {
        return Ok(None);
    };
    let sealing = &at.engine().inner().keys.signing;
    let opened = sealing.open(&place(current.id), &current.sealed_private).map(Zeroizing::new);
    let seed = opened.map_err(Error::internal)?;
    let seed = <&[u8; 32]>::try_from(seed.as_slice()).map_err(|_| StoreError::Corrupt {
        table: SigningKey::table().name.clone(),
        column: SigningKey::SEALED_PRIVATE.name().to_owned(),
        id: current.id.to_string(),
    })?;
    let published = keys.iter().map(|key| VerifyingKey { id: key.id, public: key.public }).collect();
    Ok(Some(KeyRing { current: SigningPair::from_seed(current.id, seed), published }))
}

async fn make(at: &EnvironmentHandle, scope: &Scope) -> Result<(), Error> {
    let inner = at.engine().inner();
    let now = at.now();
    let id = SigningKeyId::generate(now, &*inner.entropy)?;
    let pair = SigningPair::generate(id, &*inner.entropy)?;
    let seed = Zeroizing::new(pair.seed());
    let key = SigningKey {
        id,
        scope: *scope,
        state: SigningKeyState::Current,
        public: pair.verifying_key().public,
        sealed_private: inner.keys.signing.seal(&place(id), &*seed, &*inner.entropy)?,
        created_at: now,
        activated_at: Some(now),
        retired_at: None,
    };
    key.insert_if_absent(scope, at.store()).await?;
    Ok(())
}

/// Where the private key is sealed for.
fn place(id: SigningKeyId) -> String {
    format!("{}.{}.{id}", SigningKey::table().name, SigningKey::SEALED_PRIVATE.name())
}
