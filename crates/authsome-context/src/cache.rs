//! [`Cache`]: apps, environments with their settings, and signing keys, kept for a moment, so that a session check is
//! one query.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use authsome_core::app::App;
use authsome_core::id::{AppId, EnvironmentId};
use authsome_core::jwt::{SigningPair, VerifyingKey};
use authsome_core::route::ActiveEnvironment;
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use dashmap::DashMap;

/// The key of an app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AppKey {
    Slug(String),
    PublishableKey(String),
}

/// The key of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EnvironmentKey {
    Id(AppId, EnvironmentId),
    Slug(AppId, String),
    PublishableKey(String),
    Default(AppId),
}

/// The signing keys of an environment.
pub struct KeyRing {
    /// Signs.
    pub current: SigningPair,
    /// Signed before.
    pub previous: Option<SigningPair>,
    /// Verify.
    pub published: Vec<VerifyingKey>,
}

/// Recent look-ups. Failed look-ups are never kept, so requests cannot make it grow.
pub struct Cache {
    pub(crate) apps: Kept<AppKey, App>,
    pub(crate) environments: Kept<EnvironmentKey, ActiveEnvironment>,
    /// Signing keys, by environment.
    pub key_rings: Kept<Scope, KeyRing>,
}

impl Cache {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self { apps: Kept::new(ttl), environments: Kept::new(ttl), key_rings: Kept::new(ttl) }
    }

    /// Forgets everything: something was changed.
    pub(crate) fn clear(&self) {
        self.apps.clear();
        self.environments.clear();
        self.key_rings.clear();
    }
}

/// Values by key, each for `ttl` from the moment at which it was asked for.
pub struct Kept<K, V> {
    entries: DashMap<K, (Timestamp, Arc<V>)>,
    generation: AtomicU64,
    ttl: Duration,
}

impl<K: Eq + Hash + Clone, V> Kept<K, V> {
    fn new(ttl: Duration) -> Self {
        Self { entries: DashMap::new(), generation: AtomicU64::new(0), ttl }
    }

    fn clear(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.entries.clear();
    }

    fn get(&self, key: &K, now: Timestamp) -> Option<Arc<V>> {
        let entry = self.entries.get(key)?;
        let (kept_at, value) = entry.value();
        (now >= *kept_at && now < kept_at.plus(self.ttl)).then(|| Arc::clone(value))
    }

    /// The kept value, else the one that `load` finds, which is kept then. If something changes during the load, the
    /// value is returned but not kept.
    ///
    /// # Errors
    /// Those of `load`.
    pub async fn get_or_load<E>(
        &self,
        key: K,
        now: Timestamp,
        load: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<Arc<V>>, E> {
        if let Some(value) = self.get(&key, now) {
            return Ok(Some(value));
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let Some(value) = load.await?.map(Arc::new) else {
            self.entries.remove(&key);
            return Ok(None);
        };
        self.entries.insert(key.clone(), (now, Arc::clone(&value)));
        if self.generation.load(Ordering::SeqCst) != generation {
            self.entries.remove(&key);
        }
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    async fn get(kept: &Kept<u8, u8>, now: Timestamp, value: Option<u8>) -> Option<u8> {
        let loaded = kept.get_or_load(1, now, async { Ok::<_, ()>(value) }).await;
        loaded.unwrap().map(|value| *value)
    }

    #[tokio::test]
    async fn a_value_is_kept_for_its_time_and_no_longer() {
        let kept = Kept::new(Duration::from_secs(1));
        assert_eq!(get(&kept, at(10), Some(1)).await, Some(1));
        assert_eq!(get(&kept, at(10), Some(2)).await, Some(1));
        assert_eq!(get(&kept, at(11), Some(3)).await, Some(3));
    }

    #[tokio::test]
    async fn a_clock_that_went_back_does_not_keep_a_value_alive() {
        let kept = Kept::new(Duration::from_secs(1));
        get(&kept, at(1_000), Some(1)).await;
        assert_eq!(get(&kept, at(10), Some(2)).await, Some(2));
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_kept() {
        let kept = Kept::new(Duration::from_secs(1));
        assert_eq!(get(&kept, at(10), None).await, None);
        assert!(kept.entries.is_empty());
        assert_eq!(get(&kept, at(10), Some(1)).await, Some(1));
    }

    #[tokio::test]
    async fn a_value_that_a_change_overtook_is_not_kept() {
        let kept = Kept::new(Duration::from_secs(1));
        let load = async {
            kept.clear();
            Ok::<_, ()>(Some(1))
        };
        kept.get_or_load(1, at(10), load).await.unwrap();
        assert_eq!(get(&kept, at(10), Some(2)).await, Some(2));
    }
}
