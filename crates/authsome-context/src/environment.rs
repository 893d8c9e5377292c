//! [`EnvironmentContext`]: environment, principal, client and time of a service's work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::entropy::Entropy;
use authsome_core::environment::{EffectiveSettings, EnvironmentStore, TestCodes};
use authsome_core::error::{Error, StoreError};
use authsome_core::records::Records;
use authsome_core::route::{ActiveEnvironment, Client, Principal};
use authsome_core::scope::Scope;
use authsome_core::store::{MaybeTransient, Store, StoreTx, Transactions};
use authsome_core::time::Timestamp;

use crate::foundation::Foundation;
use crate::settings;

/// The environment in which a service acts, its principal and its client. Services of an environment are made from it,
/// and reach nothing outside of it.
///
/// It holds the environment and its settings as they were when it was made. Make one for each request or task; do not
/// keep it.
#[derive(Clone)]
pub struct EnvironmentContext {
    foundation: Arc<Foundation>,
    active: Arc<ActiveEnvironment>,
    actor: Option<String>,
    client: Client,
}

/// The precision of the time at which a session or key was last used, at most.
pub const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// Longest stored user agent, in characters.
const MAX_USER_AGENT: usize = 500;

impl fmt::Debug for EnvironmentContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentContext").field("scope", &self.scope()).finish_non_exhaustive()
    }
}

impl EnvironmentContext {
    /// Without a principal and a client.
    #[must_use]
    pub fn new(foundation: &Arc<Foundation>, active: Arc<ActiveEnvironment>) -> Self {
        Self { foundation: Arc::clone(foundation), active, actor: None, client: Client::default() }
    }

    /// The same environment, with this principal and client: events and hooks name them.
    #[must_use]
    pub fn acting(mut self, principal: &Principal, client: &Client) -> Self {
        self.actor = principal.actor();
        self.client = storable(client);
        self
    }

    /// The same environment and actor, with this client.
    #[must_use]
    pub fn with_client(&self, client: &Client) -> Self {
        Self { client: storable(client), ..self.clone() }
    }

    /// What the engine is made of.
    #[must_use]
    pub const fn foundation(&self) -> &Arc<Foundation> {
        &self.foundation
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.foundation.store
    }

    /// Runs a transaction of the store.
    ///
    /// # Errors
    /// Those of [`Transactions::transaction`].
    pub async fn transaction<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + MaybeTransient + Send,
        F: Fn(Arc<dyn StoreTx>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        self.store().transaction(work).await
    }

    /// The source of randomness.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.foundation.entropy
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.foundation.now()
    }

    /// The actor of events.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The scope of the environment.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.active.scope()
    }

    /// The environment with its effective settings.
    #[must_use]
    pub fn environment(&self) -> &Arc<ActiveEnvironment> {
        &self.active
    }

    /// The effective settings.
    #[must_use]
    pub fn settings(&self) -> &EffectiveSettings {
        &self.active.settings
    }

    /// The environment's test codes, if it has any.
    #[must_use]
    pub fn test_codes(&self) -> Option<TestCodes> {
        TestCodes::of(&self.active.environment, self.settings())
    }

    /// The authentication methods that a plugin brings and this environment allows.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        let brought = self.foundation.plugins.methods.iter().map(|method| method.name());
        brought.filter(|method| self.settings().allows_method(method)).collect()
    }

    /// Refuses a suspended environment.
    ///
    /// # Errors
    /// `environment_inactive`.
    pub fn require_active(&self) -> Result<(), Error> {
        self.active.require_active()
    }

    /// The environment as it is now, read past the cache. A transaction that completes an authentication reads it,
    /// since it may have been suspended while a password was being verified.
    ///
    /// # Errors
    /// `environment_inactive` if it is suspended or deleted; `unavailable`.
    pub async fn require_still_active<R: Records + ?Sized>(&self, records: &R) -> Result<Self, Error> {
        let scope = self.scope();
        let environment = records.environment(scope.app_id, scope.env_id).await?.ok_or_else(Error::suspended)?;
        let active = settings::activate(records, environment, &self.foundation).await?;
        let current = Self { active: Arc::new(active), ..self.clone() };
        current.require_active()?;
        Ok(current)
    }

    /// Refuses a suspended environment, and a method that it does not allow.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`.
    pub fn require_method(&self, method: &str) -> Result<(), Error> {
        self.require_active()?;
        self.require_enabled(method)
    }

    /// Refuses a method that the environment does not allow, suspended or not.
    ///
    /// # Errors
    /// `method_not_allowed_here`.
    pub fn require_enabled(&self, method: &str) -> Result<(), Error> {
        if self.foundation.plugins.has_method(method) && self.settings().allows_method(method) {
            Ok(())
        } else {
            Err(Error::method_not_enabled())
        }
    }
}

/// The client in its stored form: one form of its address, a user agent of bounded length.
fn storable(client: &Client) -> Client {
    let kept = |agent: &String| agent.chars().filter(|c| *c != '\0').take(MAX_USER_AGENT).collect();
    Client { ip: client.ip.map(|ip| ip.to_canonical()), user_agent: client.user_agent.as_ref().map(kept) }
}
