//! [`Engine`].

use std::fmt;
use std::sync::Arc;

use authsome_context::{Config, EnvironmentContext, Foundation, settings};
use authsome_core::app::App;
use authsome_core::clock::Clock;
use authsome_core::entropy::Entropy;
use authsome_core::environment::{EnvironmentName, SettingDeclaration, Settings};
use authsome_core::error::Error;
use authsome_core::id::AppId;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport};
use authsome_core::route::{ActiveEnvironment, Route};
use authsome_core::store::Store;

use super::bootstrap::{self, StartError};
use super::environment::EnvironmentHandle;
use crate::apps::Apps;
use crate::authenticate::Authenticator;
use crate::environments::Environments;
use crate::jobs::Jobs;
use crate::rate::RateLimiter;

/// An engine. Clones are the same engine; its jobs end with [`Engine::stop`] or with the last clone.
#[derive(Clone)]
pub struct Engine {
    foundation: Arc<Foundation>,
    jobs: Arc<Jobs>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.foundation.config).finish_non_exhaustive()
    }
}

impl Engine {
    pub(super) fn new(foundation: Foundation) -> Self {
        let foundation = Arc::new(foundation);
        Self { jobs: Arc::new(Jobs::new(Arc::clone(&foundation))), foundation }
    }

    /// The foundation, from which other crates make services.
    #[doc(hidden)]
    #[must_use]
    pub const fn foundation(&self) -> &Arc<Foundation> {
        &self.foundation
    }

    /// Applies pending migrations of core and all plugins in one run. [`Engine::start`] does it too; this is for a
    /// deployment that migrates before it starts anything.
    ///
    /// # Errors
    /// [`MigrateError`].
    ///
    /// # Examples
    /// ```
    /// # use authsome_store_memory::MemoryStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let auth = authsome_engine::Engine::builder().store(MemoryStore::new()).build()?;
    /// let report = auth.migrate().await?;
    /// assert!(!report.applied.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn migrate(&self) -> Result<MigrationReport, MigrateError> {
        self.store().migrate(&self.foundation.plugins.groups).await
    }

    /// Applies pending migrations of core and all plugins in one run, makes the app with its environments where it is
    /// not there, and starts the background jobs. Safe to call by any number of processes at once; called again, it
    /// changes nothing. Needs a Tokio runtime, on which the jobs run.
    ///
    /// # Errors
    /// [`StartError`]; then no job runs.
    pub async fn start(&self) -> Result<(), StartError> {
        self.prepare().await?;
        self.jobs.start();
        Ok(())
    }

    /// [`Engine::start`] without the background jobs, for programs that do one thing and end.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn prepare(&self) -> Result<(), StartError> {
        bootstrap::prepare(&self.foundation).await
    }

    /// Lets every background job finish what it is doing, and ends them. Does not close the store.
    pub async fn stop(&self) {
        self.jobs.stop().await;
    }

    /// Runs every background job until it has no more work: for tests, and programs that schedule themselves.
    ///
    /// # Errors
    /// The first error of a job; the other jobs have run too.
    pub async fn run_jobs_once(&self) -> Result<(), Error> {
        self.jobs.run_once().await
    }

    /// The migration groups of the plugins, as [`Store::migrate`] takes them.
    #[must_use]
    pub fn migration_groups(&self) -> Vec<MigrationGroup> {
        self.foundation.plugins.groups.clone()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.foundation.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.foundation.clock
    }

    /// The source of randomness.
    #[must_use]
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.foundation.entropy
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.foundation.store
    }

    /// The routes of all plugins, below the base path.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        self.foundation.plugins.routes.clone()
    }

    /// The names of the authentication methods that the plugins bring.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        self.foundation.plugins.methods.iter().map(|method| method.name()).collect()
    }

    /// The settings that the plugins declare.
    #[must_use]
    pub fn declared_settings(&self) -> &[SettingDeclaration] {
        &self.foundation.plugins.settings
    }

    /// Warnings for the operator: settings that are allowed, but that a standard advises against.
    #[must_use]
    pub fn warnings(&self, settings: &Settings) -> Vec<&'static str> {
        settings::warnings(&self.foundation.plugins, settings)
    }

    /// Turns presented tokens into an environment and a principal, for what is not served by `authsome-http`.
    #[must_use]
    pub fn authenticator(&self) -> Authenticator {
        Authenticator { foundation: Arc::clone(&self.foundation) }
    }

    /// Counts requests.
    #[doc(hidden)]
    #[must_use]
    pub fn rate_limiter(&self) -> RateLimiter {
        RateLimiter { foundation: Arc::clone(&self.foundation) }
    }

    /// The apps of the installation.
    #[must_use]
    pub fn apps(&self) -> Apps {
        Apps::new(Arc::clone(&self.foundation))
    }

    /// The environments of the configured app.
    ///
    /// # Errors
    /// Those of [`Engine::configured_app`].
    pub async fn environments(&self) -> Result<Environments, Error> {
        Ok(self.environments_of(self.configured_app().await?.id))
    }

    /// The environments of an app.
    #[must_use]
    pub fn environments_of(&self, app: AppId) -> Environments {
        Environments::new(Arc::clone(&self.foundation), app)
    }

    /// The configured app, which requests mean unless they name another.
    ///
    /// # Errors
    /// `internal` if the engine was not started; `unavailable`.
    pub async fn configured_app(&self) -> Result<Arc<App>, Error> {
        self.foundation.configured_app().await
    }

    /// An environment of the configured app, by slug or id: the only door to its data.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn environment(&self, name: impl Into<EnvironmentName>) -> Result<EnvironmentHandle, Error> {
        let app = self.configured_app().await?;
        self.environment_of(app.id, name).await
    }

    /// An environment of any app, by slug or id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn environment_of(
        &self,
        app: AppId,
        name: impl Into<EnvironmentName>,
    ) -> Result<EnvironmentHandle, Error> {
        self.foundation.environment_of(app, &name.into()).await.map(|active| self.handle(active))
    }

    /// The configured app's default environment.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn default_environment(&self) -> Result<EnvironmentHandle, Error> {
        self.select(None, None).await.map(|active| self.handle(active))
    }

    /// The environment of a request without a credential: see [`Foundation::select`].
    ///
    /// # Errors
    /// `invalid_request` where what is named does not exist; `unavailable`.
    #[doc(hidden)]
    pub async fn select(
        &self,
        publishable_key: Option<&str>,
        named: Option<&str>,
    ) -> Result<Arc<ActiveEnvironment>, Error> {
        self.foundation.select(publishable_key, named).await
    }

    /// The services of an environment that was authenticated: that of `CurrentEnvironment`, say.
    #[must_use]
    pub fn handle(&self, active: Arc<ActiveEnvironment>) -> EnvironmentHandle {
        EnvironmentHandle { at: EnvironmentContext::new(&self.foundation, active) }
    }
}
