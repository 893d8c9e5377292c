//! [`EngineBuilder`].

use std::fmt;
use std::sync::Arc;

use authsome_context::{BuildError, Config, Foundation, Parts};
use authsome_core::clock::{Clock, SystemClock};
use authsome_core::entropy::{Entropy, OsEntropy};
use authsome_core::mail::Mailer;
use authsome_core::plugin::Plugin;
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;

use super::engine::Engine;

/// The parts of an engine. Only the store is required.
#[must_use = "call `build` to make the engine"]
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
    /// The store. Required.
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

    /// The configuration. Default: [`Config::default`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The clock. Default: the operating system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The source of randomness. Default: the operating system's.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// The installation's key. Default: a random one in memory. Then mailed links, refreshes in their grace period and
    /// sealed values end with the process, and another process cannot use them.
    pub fn master_key(mut self, key: MasterKey) -> Self {
        self.master_key = Some(key);
        self
    }

    /// The transport of mails. Without one, no mail is sent, and queued mails are marked as failed.
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// Makes the engine. Nothing is read from or written to the store until [`Engine::start`].
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Engine, BuildError> {
        let Self { store, plugins, config, clock, entropy, master_key, mailer } = self;
        let store = store.ok_or(BuildError::MissingStore)?;
        let parts = Parts { store, clock, entropy, master_key, config, mailer };
        Ok(Engine::new(Foundation::new(parts, &plugins)?))
    }
}

impl Engine {
    /// Begins an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }
}
