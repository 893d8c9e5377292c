//! [`EngineBuilder`].

use std::fmt;
use std::sync::Arc;

use authsome_context::{BuildError, Config, Foundation, Parts};
use authsome_core::clock::Clock;
use authsome_core::entropy::Entropy;
use authsome_core::mail::Mailer;
use authsome_core::plugin::Plugin;
use authsome_core::secret::MasterKey;
use authsome_core::store::IntoStore;

use super::engine::Engine;

/// What an engine is made of. The store is the only thing that must be given.
#[must_use = "a builder makes no engine until `build` is called"]
#[derive(Default)]
pub struct EngineBuilder {
    parts: Parts,
    plugins: Vec<Box<dyn Plugin>>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("config", &self.parts.config).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Where everything is kept: a store, or an `Arc` of one. Required.
    pub fn store(mut self, store: impl IntoStore) -> Self {
        self.parts.store = Some(store.into_store());
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
        self.parts.config = config;
        self
    }

    /// The clock. Default: the operating system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.parts.clock = clock;
        self
    }

    /// The source of randomness. Default: the operating system's.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.parts.entropy = entropy;
        self
    }

    /// The installation's key. Default: a random one in memory. Then mailed links, refreshes in their grace period and
    /// sealed values end with the process, and another process cannot use them.
    pub fn master_key(mut self, key: MasterKey) -> Self {
        self.parts.master_key = Some(key);
        self
    }

    /// The transport of mails. Without one, no mail is sent, and queued mails are marked as failed.
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.parts.mailer = Some(mailer);
        self
    }

    /// Makes the engine. Nothing is read from or written to the store until [`Engine::start`].
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Engine, BuildError> {
        Ok(Engine::new(Foundation::new(self.parts, &self.plugins)?))
    }
}

impl Engine {
    /// Begins an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }
}
