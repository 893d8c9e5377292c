//! [`EngineBuilder`]: what an engine is made of.

use std::fmt;
use std::sync::Arc;

use authsome_core::clock::{Clock, SystemClock};
use authsome_core::entropy::{Entropy, EntropyError, OsEntropy};
use authsome_core::error::{Error, FieldError};
use authsome_core::mail::Mailer;
use authsome_core::plugin::{Host, Plugin};
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;

use crate::cache::Cache;
use crate::config::Config;
use crate::engine::{Engine, Inner};
use crate::jobs::Jobs;
use crate::keys::Keys;
use crate::plugins::Plugins;
use crate::rate::Leases;

/// Why an engine was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No store was given, the one thing that has no default.
    #[error("an engine needs a store: call `store`")]
    MissingStore,
    /// Two plugins have one name.
    #[error("plugin `{name}` was given twice")]
    DuplicatePlugin {
        /// The name.
        name: &'static str,
    },
    /// Two plugins bring one authentication method.
    #[error("the authentication method `{method}` is brought by two plugins")]
    DuplicateMethod {
        /// The method.
        method: &'static str,
    },
    /// A plugin refused its configuration.
    #[error("plugin `{name}`: {source}")]
    Plugin {
        /// The plugin.
        name: &'static str,
        /// What is wrong.
        source: Error,
    },
    /// The configuration is not valid.
    #[error("configuration: {}", .0.iter().map(|error| format!("{}: {}", error.field, error.message))
        .collect::<Vec<_>>().join("; "))]
    Config(Vec<FieldError>),
    /// No master key was given and none could be made.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// What an engine is made of. The store is the only thing that must be given.
#[must_use = "a builder makes no engine until `build` is called"]
pub struct EngineBuilder {
    store: Option<Arc<dyn Store>>,
    plugins: Vec<Box<dyn Plugin>>,
    config: Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    master_key: Option<MasterKey>,
    mailer: Option<Arc<dyn Mailer>>,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            store: None,
            plugins: Vec::new(),
            config: Config::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            master_key: None,
            mailer: None,
        }
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Where everything is kept. Required.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Adds a plugin. Hooks run in the order in which their plugins were added.
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.plugins.push(Box::new(plugin));
        self
    }

    /// Adds a plugin that is known only at run time.
    pub fn boxed_plugin(mut self, plugin: Box<dyn Plugin>) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// The configuration. Without it, [`Config::default`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Where time comes from. Without it, the operating system.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where randomness comes from. Without it, the operating system.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// The installation's key. Without it, one is made and kept in memory: mailed links, refreshes in their grace period
    /// and what plugins seal end with the process, and several processes do not understand each other's.
    pub fn master_key(mut self, key: MasterKey) -> Self {
        self.master_key = Some(key);
        self
    }

    /// How mail leaves. Without it none is sent, and what waits to be sent is marked as failed.
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// Makes the engine. Nothing is read from or written to the store until [`Engine::start`].
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Engine, BuildError> {
        let store = self.store.ok_or(BuildError::MissingStore)?;
        let errors = self.config.check();
        if !errors.is_empty() {
            return Err(BuildError::Config(errors));
        }
        let is_lasting = self.master_key.is_some();
        let master_key = match self.master_key {
            Some(key) => key,
            None => MasterKey::generate(&*self.entropy)?,
        };
        let mut plugins = Plugins::default();
        for plugin in &self.plugins {
            let (store, clock, entropy) = (Arc::clone(&store), Arc::clone(&self.clock), Arc::clone(&self.entropy));
            plugins.install(&**plugin, Host::new(store, clock, entropy, master_key.clone(), plugin.name()))?;
        }
        if !is_lasting {
            tracing::warn!("no master key: a random one is used, and what is derived from it ends with this process");
        }
        if self.mailer.is_none() {
            tracing::warn!("no mailer: mails are not sent");
        }
        Ok(Engine::from_inner(Arc::new(Inner {
            keys: Keys::new(&master_key),
            cache: Cache::new(self.config.cache_ttl),
            leases: Leases::default(),
            jobs: Jobs::default(),
            store,
            clock: self.clock,
            entropy: self.entropy,
            config: self.config,
            master_key,
            is_lasting,
            plugins,
            mailer: self.mailer,
        })))
    }
}
