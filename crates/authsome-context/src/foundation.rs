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

/// The parts of a foundation.
pub struct Parts {
    /// Where everything is kept: what must be given.
    pub store: Option<Arc<dyn Store>>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The installation's key. Default: a random one, which ends with the process.
    pub master_key: Option<MasterKey>,
    /// The configuration.
    pub config: Config,
    /// The transport of mails. Without one, no mail is sent.
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
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The configuration.
    pub config: Config,
    /// The installation's key.
    pub master_key: MasterKey,
    /// Whether the master key outlives the process.
    pub is_lasting: bool,
    /// What the plugins bring.
    pub plugins: Plugins,
    /// The transport of mails.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The keys that are derived from the master key.
    pub keys: Keys,
    /// The cache.
    pub cache: Cache,
    /// Requests that this process has taken from rate limits in advance.
    pub leases: Leases,
    /// The wakers of the jobs.
    pub wakers: Wakers,
}

impl fmt::Debug for Foundation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foundation").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Foundation {
    /// Checks the configuration and installs the plugins. Does not use the store.
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
            tracing::warn!(
                "no master key is given: a random one is used, and derived tokens and sealed values end with this \
                process"
            );
        }
        if mailer.is_none() {
            tracing::warn!("no mailer is given: mails are not sent");
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

    /// Runs a transaction that changes cached rows: apps, environments, settings, signing keys. This process sees the
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
        // After an error too: the commit may have happened although its answer was lost.
        self.cache.clear();
        result
    }
}
