//! [`EnvironmentContext`]: where, who, from where, when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::entropy::Entropy;
use authsome_core::environment::{EffectiveSettings, EnvironmentStore, TestCodes};
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::records::Records;
use authsome_core::route::{ActiveEnvironment, Client, Principal};
use authsome_core::scope::Scope;
use authsome_core::store::{MaybeTransient, Store, StoreTx, Transactions};
use authsome_core::time::Timestamp;

use crate::foundation::Foundation;
use crate::refusals::suspended;
use crate::settings;

/// Where a service acts, for whom and from where: services of an environment are made from it, and reach nothing outside of
/// it.
///
/// It holds the environment and its settings as they were when it was made, so it is made for a request or a task, not
/// kept.
#[derive(Clone)]
pub struct EnvironmentContext {
    foundation: Arc<Foundation>,
    active: Arc<ActiveEnvironment>,
    actor: Option<String>,
    client: Client,
}

/// How exact the time at which a session or key was last used is, at most.
pub const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// Most characters of a user agent that are kept.
const MAX_USER_AGENT: usize = 500;

impl fmt::Debug for EnvironmentContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentContext").field("scope", &self.scope()).finish_non_exhaustive()
    }
}

impl EnvironmentContext {
    /// For nobody, from nowhere that is known.
    #[must_use]
    pub fn new(foundation: &Arc<Foundation>, active: Arc<ActiveEnvironment>) -> Self {
        Self { foundation: Arc::clone(foundation), active, actor: None, client: Client::default() }
    }

    /// The same environment, acted in by this principal from this client: events and hooks name them.
    #[must_use]
    pub fn acting(mut self, principal: &Principal, client: &Client) -> Self {
        self.actor = principal.actor();
        self.client = storable(client);
        self
    }

    /// The same environment and actor, from this client.
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

    /// Who acts, as events name them.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// From where.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The scope of what lives in it.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.active.scope()
    }

    /// The environment with the settings that apply in it.
    #[must_use]
    pub fn environment(&self) -> &Arc<ActiveEnvironment> {
        &self.active
    }

    /// The settings that apply in it.
    #[must_use]
    pub fn settings(&self) -> &EffectiveSettings {
        &self.active.settings
    }

    /// What makes and accepts codes that are known beforehand, where there are any.
    #[must_use]
    pub fn test_codes(&self) -> Option<TestCodes> {
        TestCodes::of(&self.active.environment, self.settings())
    }

    /// The authentication methods that some plugin brings and this environment allows.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        let brought = self.foundation.plugins.methods.iter().map(|method| method.name());
        brought.filter(|method| self.settings().allows_method(method)).collect()
    }

    /// Refuses where the environment is suspended.
    ///
    /// # Errors
    /// `environment_inactive`.
    pub fn require_active(&self) -> Result<(), Error> {
        if self.active.environment.is_active { Ok(()) } else { Err(suspended()) }
    }

    /// The same environment as it is now, read past the cache. What completes an authentication reads it in its
    /// transaction, since it may have been suspended while a password was being verified.
    ///
    /// # Errors
    /// `environment_inactive` where it is suspended, or deleted; `unavailable`.
    pub async fn require_still_active<R: Records + ?Sized>(&self, records: &R) -> Result<Self, Error> {
        let scope = self.scope();
        let environment = records.environment(scope.app_id, scope.env_id).await?.ok_or_else(suspended)?;
        let active = settings::activate(records, environment, &self.foundation).await?;
        let current = Self { active: Arc::new(active), ..self.clone() };
        current.require_active()?;
        Ok(current)
    }

    /// Refuses where the environment is suspended, or a method is not enabled in it.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`.
    pub fn require_method(&self, method: &str) -> Result<(), Error> {
        self.require_active()?;
        self.require_enabled(method)
    }

    /// Refuses where a method is not enabled in the environment, suspended or not.
    ///
    /// # Errors
    /// `method_not_allowed_here`.
    pub fn require_enabled(&self, method: &str) -> Result<(), Error> {
        if self.foundation.plugins.has_method(method) && self.settings().allows_method(method) {
            Ok(())
        } else {
            Err(Error::new(Code::MethodNotAllowedHere, "this method of authentication is not enabled here"))
        }
    }
}

/// The client as it can be stored, whoever named it: one form of its address, a user agent of bounded length.
fn storable(client: &Client) -> Client {
    let kept = |agent: &String| agent.chars().filter(|c| *c != '\0').take(MAX_USER_AGENT).collect();
    Client { ip: client.ip.map(|ip| ip.to_canonical()), user_agent: client.user_agent.as_ref().map(kept) }
}
