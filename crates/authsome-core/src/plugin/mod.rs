//! Plugins: what the engine gives them, and what they can bring.
//!
//! A plugin depends on this crate alone. It declares its entities and one migration group, and returns its
//! [`Capabilities`] from [`Plugin::install`]; every backend runs it.
//!
//! It calls the engine through ports: in a handler, [`Context::sign_ins`] and [`Context::notices`]; in a hook,
//! [`HookContext::notices`]. They act in the environment of the request and for its client.
//!
//! [`Context::sign_ins`]: crate::route::Context::sign_ins
//! [`Context::notices`]: crate::route::Context::notices

mod environment_data;
mod hooks;
mod job;
mod method;
mod notices;
mod password;
mod second_factor;
mod sign_ins;
mod user_data;

use std::sync::Arc;

use crate::clock::Clock;
use crate::debug::shows_only;
use crate::entropy::Entropy;
use crate::environment::SettingDeclaration;
use crate::error::Error;
use crate::migration::MigrationGroup;
use crate::route::Route;
use crate::schema::TableDef;
use crate::secret::{MasterKey, Subkey};
use crate::store::Store;

pub use crate::authenticator::{Credential, Expiring, Expiry};
pub use environment_data::EnvironmentData;
pub use hooks::{HookContext, Hooks, Moment};
pub use job::Job;
pub use method::Method;
pub use notices::{DueNotice, Letter, Links, NoticeKind, Notices, Recipient};
pub use password::{PasswordDigest, PasswordGeneration, PasswordMethod};
pub use second_factor::SecondFactor;
pub use sign_ins::{
    Attempt, AttemptSubject, NewAccount, Proof, Redeem, SecondFactorRequired, SignInOutcome, SignIns, SignedIn,
    Verified,
};
pub use user_data::UserData;

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

    /// A key of the plugin's own, for a purpose.
    #[must_use]
    pub fn key(&self, purpose: &str) -> Subkey {
        self.master_key.derive(&format!("plugin/{}/{purpose}", self.plugin))
    }
}

shows_only!(Host { plugin });

/// What a plugin brings. It fills in the fields that it needs.
#[derive(Default)]
pub struct Capabilities {
    /// The methods of signing in that it brings.
    pub methods: Vec<Arc<dyn Method>>,
    /// Passwords, for core's own flows. Its method is among `methods` too.
    pub password: Option<Arc<dyn PasswordMethod>>,
    /// The second factors that it brings.
    pub second_factors: Vec<Arc<dyn SecondFactor>>,
    /// Routes below the base path.
    pub routes: Vec<Route>,
    /// Its hooks.
    pub hooks: Vec<Arc<dyn Hooks>>,
    /// The kinds of mail that it queues.
    pub notices: Vec<Arc<dyn NoticeKind>>,
    /// Settings of its own.
    pub settings: Vec<SettingDeclaration>,
    /// What it stores about users.
    pub user_data: Option<Arc<dyn UserData>>,
    /// What it stores about environments.
    pub environment_data: Option<Arc<dyn EnvironmentData>>,
    /// Rows of its tables that are deleted once they are expired.
    pub expiries: Vec<Expiry>,
    /// Its background work.
    pub jobs: Vec<Arc<dyn Job>>,
}

shows_only!(Capabilities { routes, settings });
