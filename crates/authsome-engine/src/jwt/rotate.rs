//! Rotating an environment's signing keys.
//!
//! A key is published before it signs, and after it has stopped signing, so that a verifier with a copy of the key set,
//! such as another process of this engine, knows the key of every token that it meets.

use std::time::Duration;

use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::event::Event;
use authsome_core::id::SigningKeyId;
use authsome_core::records::Direction;
use authsome_core::session::Session;
use authsome_core::signingkey::{SigningKey, SigningKeyState};
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use serde_json::json;

use super::SigningKeys;
use super::keys::{self, KeyRows};

/// How long a key is published before it signs: twice as long as a copy of the key set is kept.
const PUBLISHED: Duration = Duration::from_secs(600);
/// How long another process may still sign with it, and how long a token is accepted after its end: a minute each.
const LEEWAY: Duration = Duration::from_secs(120);

/// Why keys are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// In good order: tokens that were signed before stay valid.
    Routine,
    /// This current key is known to somebody else: its tokens and those of the previous key become invalid. The call
    /// names the key, so that a repeated call does not drop the key after it.
    Compromised(SigningKeyId),
}

/// What a rotation writes, made before its transaction.
struct Change {
    rotation: Rotation,
    /// The key that stops signing.
    retired: SigningKeyId,
    next: SigningKey,
    needed_until: Timestamp,
    event: Event,
    now: Timestamp,
}

impl SigningKeys {
    /// Makes the next key the current one, publishes the old one until its last token is expired, and makes a new next
    /// key; returns the id of the current key. Other processes see the change within [`Config::cache_ttl`].
    ///
    /// After [`Rotation::Compromised`], [`SigningKeys::verify`] and verifiers with the new key set refuse tokens that
    /// were signed before. [`Authenticator::authenticate`] does not depend on signatures: sessions go on there.
    ///
    /// # Errors
    /// `conflict` if another call rotates at the same moment, or the compromised key is not the current one; for
    /// [`Rotation::Routine`] also, with `until`, if tokens of the previous key are still valid or the next key was
    /// published less than 10 minutes ago; `unavailable`.
    ///
    /// [`Config::cache_ttl`]: crate::Config::cache_ttl
    /// [`Authenticator::authenticate`]: crate::Authenticator::authenticate
    pub async fn rotate(&self, rotation: Rotation) -> Result<SigningKeyId, Error> {
        keys::complete(&self.at).await?;
        let now = self.at.now();
        let retired = match rotation {
            Rotation::Routine => KeyRows::find(&self.at.scope(), self.at.store()).await?.current.ok_or_else(gone)?.id,
            Rotation::Compromised(key) => key,
        };
        let next = keys::new(&self.at, SigningKeyState::Next, now)?;
        let data = json!({ "previous": retired, "compromised": rotation != Rotation::Routine });
        let event = self.at.event(now, "signing_key.rotated", &self.at.scope().env_id, data)?;
        let change = &Change { rotation, retired, next, needed_until: self.last_token_ends(now).await?, event, now };
        self.at.foundation().change(|tx| async move { change.write(&*tx).await }).await
    }

    /// When the last token that was signed until now expires.
    async fn last_token_ends(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        // The lifetime may have been longer when an older session's token was signed.
        let last = Session::find(&self.at.scope()).order_by(Session::EXPIRES_AT, Direction::Descending);
        let last = last.one(self.at.store()).await?.map_or(now, |session| session.expires_at);
        Ok(last.max(now.plus(self.at.settings().session_ttl.duration())).plus(LEEWAY))
    }

    /// Rotates the key if it has signed for [`Config::signing_key_ttl`](crate::Config::signing_key_ttl), and drops the
    /// previous one if no valid token needs it. An environment without keys gets none.
    pub(crate) async fn tend(&self) -> Result<(), Error> {
        let (scope, now) = (&self.at.scope(), self.at.now());
        let KeyRows { next, current: Some(current), previous } = KeyRows::find(scope, self.at.store()).await? else {
            return Ok(());
        };
        if next.is_none() {
            keys::complete(&self.at).await?;
        }
        if let Some(previous) = previous.filter(|key| !is_needed(key, now)) {
            // If another rotation came first, this key is gone.
            let delete = || SigningKey::delete(scope).filter(SigningKey::ID.eq(previous.id));
            self.at.foundation().change(|tx| async move { delete().batch(1, &*tx).await }).await?;
        }
        let since = current.activated_at.unwrap_or(current.created_at);
        if now < since.plus(self.at.foundation().config.signing_key_ttl.duration()) {
            return Ok(());
        }
        match self.rotate(Rotation::Routine).await {
            // It is too early, or another process did it.
            Err(error) if error.code() == Code::Conflict => Ok(()),
            result => result.map(|_| ()),
        }
    }
}

impl Change {
    async fn write(&self, tx: &dyn StoreTx) -> Result<SigningKeyId, Error> {
        let scope = &self.next.scope;
        let keys = KeyRows::find(scope, tx).await?;
        let (current, next) = (keys.current.ok_or_else(gone)?, keys.next.ok_or_else(gone)?);
        if current.id != self.retired {
            return Err(conflict("another key signs: the keys were rotated"));
        }
        if self.rotation == Rotation::Routine {
            check(keys.previous.as_ref(), &current, &next, self.now)?;
        }
        if let Some(previous) = &keys.previous {
            SigningKey::delete(scope).by_id(&previous.id, tx).await?;
        }
        match self.rotation {
            Rotation::Compromised(_) => SigningKey::delete(scope).by_id(&current.id, tx).await?,
            Rotation::Routine => {
                let retired = SigningKey {
                    state: SigningKeyState::Previous,
                    retired_at: Some(self.now),
                    needed_until: Some(self.needed_until),
                    ..current.clone()
                };
                replace(&current, &retired, tx).await?;
            }
        }
        let signs = SigningKey { state: SigningKeyState::Current, activated_at: Some(self.now), ..next.clone() };
        replace(&next, &signs, tx).await?;
        self.next.insert(scope, tx).await?;
        self.event.insert(scope, tx).await?;
        Ok(signs.id)
    }
}

async fn replace(before: &SigningKey, after: &SigningKey, tx: &dyn StoreTx) -> Result<(), StoreError> {
    let update = SigningKey::update(&before.scope).filter(SigningKey::ID.eq(before.id));
    update.set_changed(before, after).existing(tx).await.map(|_| ())
}

/// Refuses a rotation after which a verifier could meet a token with an unknown key.
fn check(previous: Option<&SigningKey>, current: &SigningKey, next: &SigningKey, now: Timestamp) -> Result<(), Error> {
    if let Some(until) = previous.filter(|key| is_needed(key, now)).and_then(|key| key.needed_until) {
        return Err(conflict("tokens of the previous key are still valid").with("until", json!(until)));
    }
    // A key that was made together with a compromised one is compromised too.
    let published = next.created_at.plus(PUBLISHED);
    if next.created_at != current.created_at && now < published {
        return Err(conflict("the next key was published a moment ago").with("until", json!(published)));
    }
    Ok(())
}

/// Whether tokens that a retired key signed may still be valid.
fn is_needed(key: &SigningKey, now: Timestamp) -> bool {
    key.needed_until.is_some_and(|until| now < until)
}

fn conflict(detail: &'static str) -> Error {
    Error::new(Code::Conflict, detail)
}

fn gone() -> Error {
    Error::internal("the environment's signing keys are gone")
}
