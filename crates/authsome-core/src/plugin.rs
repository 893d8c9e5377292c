//! Plugins: what they are given, and what they can bring.
//!
//! A plugin depends on this crate alone. It declares its entities and one migration group, and returns the capabilities
//! it has from [`Plugin::install`]; every backend runs it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::environment::PasswordPolicy;
use crate::error::Error;
use crate::id::UserId;
use crate::migration::MigrationGroup;
use crate::records::Records;
use crate::route::{ActiveEnvironment, Client, Route};
use crate::schema::TableDef;
use crate::scope::Scope;
use crate::secret::{MasterKey, Password, Subkey};
use crate::session::Session;
use crate::store::Store;
use crate::time::Timestamp;
use crate::user::User;

/// Something that adds to the engine.
pub trait Plugin: Send + Sync + 'static {
    /// Name, in `snake_case`, unique among the plugins of an engine. Its migration group and its keys carry it.
    fn name(&self) -> &'static str;

    /// Its migrations.
    fn migrations(&self) -> Option<MigrationGroup> {
        None
    }

    /// The tables of its entities, parents before children.
    fn tables(&self) -> Vec<&'static TableDef> {
        Vec::new()
    }

    /// Makes its capabilities from what the engine offers. Called once, while the engine is built; the store is not
    /// migrated yet and must not be used here.
    ///
    /// # Errors
    /// What is wrong with its configuration.
    fn install(&self, host: Host) -> Result<Capabilities, Error>;
}

/// What the engine offers to a plugin.
#[derive(Clone)]
pub struct Host {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    master_key: MasterKey,
    plugin: &'static str,
}

impl Host {
    /// For the engine.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        master_key: MasterKey,
        plugin: &'static str,
    ) -> Self {
        Self { store, clock, entropy, master_key, plugin }
    }

    /// A key of this plugin's own, by purpose.
    #[must_use]
    pub fn key(&self, purpose: &str) -> Subkey {
        self.master_key.derive(&format!("plugin/{}/{purpose}", self.plugin))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// What a plugin brings. It fills in what it has.
#[derive(Default)]
pub struct Capabilities {
    /// Names of the authentication methods it brings, as `allowed_auth_methods` names them.
    pub methods: Vec<&'static str>,
    /// Passwords.
    pub password: Option<Arc<dyn PasswordMethod>>,
    /// Routes below the base path.
    pub routes: Vec<Route>,
    /// What it wants to know of, or refuse.
    pub hooks: Vec<Arc<dyn Hooks>>,
    /// What it stores about users.
    pub user_data: Option<Arc<dyn UserData>>,
    /// What it does in the background.
    pub jobs: Vec<Arc<dyn Job>>,
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capabilities")
            .field("methods", &self.methods)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

/// A password's stored form, which only the method that made it understands.
#[derive(Clone)]
pub struct PasswordDigest(String);

impl PasswordDigest {
    /// For password methods.
    #[must_use]
    pub fn new(digest: String) -> Self {
        Self(digest)
    }

    /// For password methods.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordDigest(…)")
    }
}

/// Sign-in with a password. The slow part is apart from the part that stores, so that no transaction waits for it.
#[async_trait]
pub trait PasswordMethod: Send + Sync {
    /// Holds a new password against a policy.
    ///
    /// # Errors
    /// `weak_password`, saying everything that is missing.
    fn check(&self, policy: &PasswordPolicy, password: &Password) -> Result<(), Error>;

    /// Hashes a password. Takes long.
    ///
    /// # Errors
    /// `unavailable`, with when to try again, where too many are waiting.
    async fn hash(&self, password: &Password) -> Result<PasswordDigest, Error>;

    /// Stores a user's password, replacing the one before.
    ///
    /// # Errors
    /// Those of the store.
    async fn set(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: UserId,
        digest: &PasswordDigest,
        now: Timestamp,
    ) -> Result<(), Error>;

    /// Whether the password is the user's. Takes as long for nobody, and for a user without a password, as for a user
    /// with a wrong one.
    ///
    /// # Errors
    /// `unavailable`, with when to try again, where too many are waiting; those of the store.
    async fn verify(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: Option<UserId>,
        password: &Password,
    ) -> Result<bool, Error>;
}

/// What a plugin stores about users.
#[async_trait]
pub trait UserData: Send + Sync {
    /// Everything about a user that the user may see, as a JSON object; secrets are left out.
    ///
    /// # Errors
    /// Those of the store.
    async fn export(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<serde_json::Value, Error>;

    /// Removes everything about a user. Part of the transaction that erases the user.
    ///
    /// # Errors
    /// Those of the store.
    async fn erase(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error>;
}

/// What a hook is told about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment<'a> {
    /// A person registers. Before: the user is not stored yet.
    SignUp {
        /// The user.
        user: &'a User,
    },
    /// A person signs in, by whatever method, after every proof was given and before there is a session.
    SignIn {
        /// The user.
        user: &'a User,
        /// The method.
        method: &'a str,
    },
    /// A session is made.
    SessionCreate {
        /// The session.
        session: &'a Session,
    },
    /// A session is refreshed.
    SessionRefresh {
        /// The session.
        session: &'a Session,
    },
    /// A person signs out, or a session is revoked.
    SignOut {
        /// The session.
        session: &'a Session,
    },
    /// A user is changed.
    UserUpdate {
        /// The user, as it is to be.
        user: &'a User,
    },
    /// A user is deleted or erased.
    UserDelete {
        /// The user.
        user: &'a User,
    },
}

/// Where and from where a moment happens.
#[derive(Clone, Copy, Debug)]
pub struct HookContext<'a> {
    /// The environment.
    pub environment: &'a ActiveEnvironment,
    /// The client.
    pub client: &'a Client,
    /// When.
    pub now: Timestamp,
}

/// What wants to know of moments, or refuse them. Runs for every way of signing in.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Before a moment. What it returns refuses it; nothing has happened then. No transaction is open.
    ///
    /// # Errors
    /// The refusal.
    async fn before(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let _ = (context, moment);
        Ok(())
    }

    /// After a moment, when it is durable. An error is logged and changes nothing.
    ///
    /// # Errors
    /// Whatever the hook could not do.
    async fn after(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let _ = (context, moment);
        Ok(())
    }
}

/// Something that is done again and again in the background, by every process of the installation.
#[async_trait]
pub trait Job: Send + Sync {
    /// Name, for logs.
    fn name(&self) -> &'static str;

    /// How long to wait between runs.
    fn every(&self) -> Duration;

    /// One bounded run; says whether there is more to do at once.
    ///
    /// # Errors
    /// What failed; it is logged, and the job runs again later.
    async fn run(&self, now: Timestamp) -> Result<bool, Error>;
}
