//! [`EnvironmentHandle`]: the door to an environment's data.

use std::fmt;
use std::sync::Arc;

use authsome_core::environment::{EffectiveSettings, EnvironmentStore, PasswordPolicy, TestCodes};
use authsome_core::error::{Code, Error};
use authsome_core::formconfig::FormField;
use authsome_core::records::Records;
use authsome_core::route::{ActiveEnvironment, Client, Principal};
use authsome_core::scope::Scope;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;

use crate::account::Account;
use crate::api_keys::ApiKeys;
use crate::audit::Audit;
use crate::auth::Auth;
use crate::devices::Devices;
use crate::engine::Engine;
use crate::passwords;
use crate::sessions::Sessions;
use crate::settings;
use crate::users::Users;

/// An environment of an engine: services hang on it, and reach nothing outside of it.
///
/// It holds the environment and its settings as they were when it was made, so it is made for a request or a task, not
/// kept.
#[derive(Clone)]
pub struct EnvironmentHandle {
    engine: Engine,
    active: Arc<ActiveEnvironment>,
    actor: Option<String>,
    client: Client,
}

/// Most characters of a user agent that are kept.
const MAX_USER_AGENT: usize = 500;

/// What a sign-in page needs to know of its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// The methods that may be used.
    pub methods: Vec<&'static str>,
    /// What a new password must be like; none where passwords may not be used.
    pub password_policy: Option<PasswordPolicy>,
    /// Whether people can register themselves.
    pub self_registration: bool,
    /// Whether an address is proven before the first sign-in.
    pub require_email_verification: bool,
    /// The fields of the sign-up form beyond those that it always has.
    pub sign_up_form: Vec<FormField>,
}

impl fmt::Debug for EnvironmentHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentHandle").field("scope", &self.scope()).finish_non_exhaustive()
    }
}

impl EnvironmentHandle {
    pub(crate) fn new(engine: Engine, active: Arc<ActiveEnvironment>) -> Self {
        Self { engine, active, actor: None, client: Client::default() }
    }

    /// The same environment, acted in by this principal from this client: events and hooks name them.
    #[must_use]
    pub fn acting(mut self, principal: &Principal, client: &Client) -> Self {
        self.actor = principal.actor();
        self.client = storable(client);
        self
    }

    /// The same environment and actor, from this client.
    pub(crate) fn with_client(&self, client: &Client) -> Self {
        Self { client: storable(client), ..self.clone() }
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.engine.inner().store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine.inner().clock.now()
    }

    pub(crate) fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    pub(crate) const fn client(&self) -> &Client {
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
    pub(crate) fn test_codes(&self) -> Option<TestCodes> {
        TestCodes::of(&self.active.environment, self.settings())
    }

    /// Sign-up, sign-in, sign-out, refresh.
    #[must_use]
    pub fn auth(&self) -> Auth {
        Auth::new(self.clone())
    }

    /// Users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.clone())
    }

    /// Devices.
    #[must_use]
    pub fn devices(&self) -> Devices {
        Devices::new(self.clone())
    }

    /// API keys.
    #[must_use]
    pub fn api_keys(&self) -> ApiKeys {
        ApiKeys::new(self.clone())
    }

    /// What happened.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit::new(self.clone())
    }

    /// Passwords and addresses: reset, change, verification.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::new(self.clone())
    }

    /// The authentication methods that some plugin brings and this environment allows.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        let brought = self.engine.methods().iter().copied();
        brought.filter(|method| self.settings().allows_method(method)).collect()
    }

    /// What a sign-in page needs.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn config_for_sign_in_page(&self) -> Result<SignInPage, Error> {
        let methods = self.methods();
        let form = self.store().form_config(&self.scope(), "signup").await?;
        Ok(SignInPage {
            password_policy: methods.contains(&passwords::METHOD).then(|| self.settings().password_policy()),
            methods,
            self_registration: self.settings().self_registration,
            require_email_verification: self.settings().require_email_verification,
            sign_up_form: form.map_or_else(Vec::new, |form| form.fields),
        })
    }

    /// Refuses where the environment is suspended.
    pub(crate) fn require_active(&self) -> Result<(), Error> {
        if self.active.environment.is_active { Ok(()) } else { Err(suspended()) }
    }

    /// The same environment as it is now, read past the cache. What completes an authentication reads it in its
    /// transaction, since it may have been suspended while a password was being verified.
    ///
    /// # Errors
    /// `environment_inactive` where it is suspended, or deleted; `unavailable`.
    pub(crate) async fn require_still_active<R: Records + ?Sized>(&self, records: &R) -> Result<Self, Error> {
        let scope = self.scope();
        let environment = records.environment(scope.app_id, scope.env_id).await?.ok_or_else(suspended)?;
        let active = settings::activate(records, environment, &self.engine.inner().config.settings).await?;
        let current = Self { active: Arc::new(active), ..self.clone() };
        current.require_active()?;
        Ok(current)
    }

    /// Refuses where the environment is suspended, or a method is not enabled in it.
    pub(crate) fn require_method(&self, method: &str) -> Result<(), Error> {
        self.require_active()?;
        self.require_enabled(method)
    }

    /// Refuses where a method is not enabled in the environment, suspended or not.
    pub(crate) fn require_enabled(&self, method: &str) -> Result<(), Error> {
        if self.engine.methods().contains(&method) && self.settings().allows_method(method) {
            Ok(())
        } else {
            Err(Error::new(Code::MethodNotAllowedHere, "this method of authentication is not enabled here"))
        }
    }
}

fn suspended() -> Error {
    Error::new(Code::EnvironmentInactive, "no authentication completes while it is suspended")
}

/// The client as it can be stored, whoever named it: one form of its address, a user agent of bounded length.
fn storable(client: &Client) -> Client {
    let kept = |agent: &String| agent.chars().filter(|c| *c != '\0').take(MAX_USER_AGENT).collect();
    Client { ip: client.ip.map(|ip| ip.to_canonical()), user_agent: client.user_agent.as_ref().map(kept) }
}
