//! [`Scope`] names an app and an environment; an entity's scope kind says which of them it needs.
//!
//! Every request to the store on an entity of an environment takes a `&Scope`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{AppId, EnvironmentId};

/// An environment of an app: the only way to name where an environment's data lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub env_id: EnvironmentId,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app_id, self.env_id)
    }
}

/// Name of the column that holds the app on every scoped table.
pub const APP_COLUMN: &str = "app_id";
/// Name of the column that holds the environment on every table scoped to environments.
pub const ENV_COLUMN: &str = "env_id";

/// How a table is scoped: which scope columns it leads with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeLevel {
    /// `app_id` and `env_id`.
    Environment,
    /// `app_id`.
    App,
    /// None.
    Global,
}

impl ScopeLevel {
    /// The scope columns, in the order in which every key and index leads with them.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Environment => &[APP_COLUMN, ENV_COLUMN],
            Self::App => &[APP_COLUMN],
            Self::Global => &[],
        }
    }
}

mod sealed {
    pub trait Sealed {}
}

/// How an entity is scoped, as a type: [`PerEnvironment`], [`PerApp`] or [`Global`].
pub trait ScopeKind: sealed::Sealed + Send + Sync + 'static {
    /// What a caller must name to reach such an entity.
    type Key<'a>: Copy + Send;

    /// The scope columns of its table.
    const LEVEL: ScopeLevel;

    /// The values of the scope columns, app first.
    fn columns(key: Self::Key<'_>) -> Vec<(&'static str, String)>;
}

/// Belongs to one environment of one app; reached with a [`Scope`].
#[derive(Clone, Copy, Debug)]
pub struct PerEnvironment;

/// Belongs to one app; reached with an [`AppId`].
#[derive(Clone, Copy, Debug)]
pub struct PerApp;

/// Belongs to the installation; reached with `()`.
#[derive(Clone, Copy, Debug)]
pub struct Global;

impl sealed::Sealed for PerEnvironment {}
impl sealed::Sealed for PerApp {}
impl sealed::Sealed for Global {}

impl ScopeKind for PerEnvironment {
    type Key<'a> = &'a Scope;

    const LEVEL: ScopeLevel = ScopeLevel::Environment;

    fn columns(key: &Scope) -> Vec<(&'static str, String)> {
        vec![(APP_COLUMN, key.app_id.to_string()), (ENV_COLUMN, key.env_id.to_string())]
    }
}

impl ScopeKind for PerApp {
    type Key<'a> = &'a AppId;

    const LEVEL: ScopeLevel = ScopeLevel::App;

    fn columns(key: &AppId) -> Vec<(&'static str, String)> {
        vec![(APP_COLUMN, key.to_string())]
    }
}

impl ScopeKind for Global {
    type Key<'a> = ();

    const LEVEL: ScopeLevel = ScopeLevel::Global;

    fn columns((): ()) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
