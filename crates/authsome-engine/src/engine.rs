//! [`Engine`]: everything together.

use std::fmt;
use std::sync::Arc;

use authsome_core::clock::Clock;
use authsome_core::entropy::Entropy;
use authsome_core::id::AppId;
use authsome_core::mail::Mailer;
use authsome_core::migration::MigrationGroup;
use authsome_core::route::Route;
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;

use crate::apps::Apps;
use crate::bootstrap::{self, StartError};
use crate::builder::EngineBuilder;
use crate::cache::Cache;
use crate::config::Config;
use crate::environments::Environments;
use crate::jobs::Jobs;
use crate::keys::Keys;
use crate::plugins::Plugins;
use crate::rate::{Leases, RateLimiter};

/// What an engine is made of.
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) config: Config,
    pub(crate) master_key: MasterKey,
    /// Whether the master key outlives the process.
    pub(crate) is_lasting: bool,
    pub(crate) plugins: Plugins,
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    pub(crate) keys: Keys,
    pub(crate) cache: Cache,
    pub(crate) leases: Leases,
    pub(crate) jobs: Jobs,
}

/// An engine. Clones are the same engine; its jobs end with [`Engine::stop`] or with the last clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// Begins an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    pub(crate) fn from_inner(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Applies pending migrations of core and all plugins in one run, makes the app with its environments where it is
    /// not there, and starts the background jobs. Safe to call by any number of processes at once; called again, it
    /// changes nothing. Needs a Tokio runtime, on which the jobs run.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(&self) -> Result<(), StartError> {
        self.prepare().await?;
        self.start_jobs();
        Ok(())
    }

    /// [`Engine::start`] without the background jobs, for programs that do one thing and end.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn prepare(&self) -> Result<(), StartError> {
        bootstrap::prepare(self).await
    }

    /// Lets every background job finish what it is doing, and ends them. Does not close the store.
    pub async fn stop(&self) {
        self.stop_jobs().await;
    }

    /// The migration groups of the plugins, as [`Store::migrate`] takes them.
    #[must_use]
    pub fn migration_groups(&self) -> Vec<MigrationGroup> {
        self.inner.plugins.groups.clone()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The source of randomness.
    #[must_use]
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.inner.entropy
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// The routes of all plugins, below the base path.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        self.inner.plugins.routes.clone()
    }

    /// The names of the authentication methods that the plugins bring.
    #[must_use]
    pub fn methods(&self) -> &[&'static str] {
        &self.inner.plugins.methods
    }

    /// Counts requests.
    #[must_use]
    pub fn rate_limiter(&self) -> RateLimiter {
        RateLimiter::new(self.clone())
    }

    /// The apps of the installation.
    #[must_use]
    pub fn apps(&self) -> Apps {
        Apps::new(self.clone())
    }

    /// The environments of an app.
    #[must_use]
    pub fn environments(&self, app: AppId) -> Environments {
        Environments::new(self.clone(), app)
    }
}
