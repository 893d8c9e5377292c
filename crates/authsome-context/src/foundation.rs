//! [`Foundation`]: what an engine is made of.

use std::fmt;
use std::sync::Arc;

use authsome_core::clock::{Clock, SystemClock};
use authsome_core::entropy::{Entropy, OsEntropy};
use authsome_core::error::StoreError;
use authsome_core::mail::Mailer;
use authsome_core::plugin::{Host, Plugin};
use authsome_core::secret::MasterKey;
use authsome_core::store::{MaybeTransient, Store, StoreTx, Transactions};
use authsome_core::time::Timestamp;

use crate::cache::Cache;
use crate::config::Config;
use crate::keys::Keys;
use crate::leases::Leases;
use crate::plugins::{BuildError, Plugins};
use crate::wakers::Wakers;

/// What a foundation is made from.
pub struct Parts {
    /// Where everything is kept: what must be given.
    pub store: Option<Arc<dyn Store>>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The installation's key; without it, one is made that ends with the process.
    pub master_key: Option<MasterKey>,
    /// What the engine is told.
    pub config: Config,
    /// How mail leaves; without it none is sent.
    pub mailer: Option<Arc<dyn Mailer>>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            store: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            master_key: None,
            config: Config::default(),
            mailer: None,
        }
    }
}

/// What an engine is made of, shared by all services.
pub struct Foundation {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// What the engine is told.
    pub config: Config,
    /// The installation's key.
    pub master_key: MasterKey,
    /// Whether the master key outlives the process.
    pub is_lasting: bool,
    /// What the plugins bring.
    pub plugins: Plugins,
    /// How mail leaves.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The keys that are derived from the master key.
    pub keys: Keys,
    /// What was found lately.
    pub cache: Cache,
    /// Requests that this process may still let through.
    pub leases: Leases,
    /// What wakes the jobs.
    pub wakers: Wakers,
}

impl fmt::Debug for Foundation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foundation").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Foundation {
    /// Checks the configuration and installs the plugins. The store is not asked.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn new(parts: Parts, plugins: &[Box<dyn Plugin>]) -> Result<Self, BuildError> {
        let Parts { store, clock, entropy, master_key, config, mailer } = parts;
        let store = store.ok_or(BuildError::MissingStore)?;
        let is_lasting = master_key.is_some();
        let master_key = match master_key {
            Some(key) => key,
            None => MasterKey::generate(&*entropy)?,
        };
        let mut installed = Plugins::default();
        for plugin in plugins {
            let (store, clock, entropy) = (Arc::clone(&store), Arc::clone(&clock), Arc::clone(&entropy));
            installed.install(&**plugin, Host::new(store, clock, entropy, master_key.clone(), plugin.name()))?;
        }
        let errors = config.check(&installed.settings);
        if !errors.is_empty() {
            return Err(BuildError::Config(errors));
        }
        if !is_lasting {
            tracing::warn!("no master key: a random one is used, and what is derived from it ends with this process");
        }
        if mailer.is_none() {
            tracing::warn!("no mailer: mails are not sent");
        }
        Ok(Self {
            keys: Keys::new(&master_key),
            cache: Cache::new(config.cache_ttl),
            leases: Leases::default(),
            wakers: Wakers::default(),
            plugins: installed,
            store,
            clock,
            entropy,
            config,
            master_key,
            is_lasting,
            mailer,
        })
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a transaction that changes what is cached: apps, environments, settings, signing keys. This process sees the
    /// change at once, others within [`Config::cache_ttl`].
    ///
    /// # Errors
    /// Those of [`Transactions::transaction`].
    pub async fn change<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + MaybeTransient + Send,
        F: Fn(Arc<dyn StoreTx>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let result = self.store.transaction(work).await;
        // After an error too: a commit whose answer was lost may have happened.
        self.cache.clear();
        result
    }
}
