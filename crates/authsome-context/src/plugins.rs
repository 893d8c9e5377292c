//! [`Plugins`]: what all plugins of an engine bring together.

use std::sync::Arc;

use authsome_core::entropy::EntropyError;
use authsome_core::error::{Error, FieldError};
use authsome_core::migration::MigrationGroup;
use authsome_core::plugin::{Capabilities, Hooks, Host, Job, PasswordMethod, Plugin, UserData};
use authsome_core::route::Route;
use authsome_core::schema::TableDef;

/// Name of the method of passwords, as `allowed_auth_methods` names it.
pub const PASSWORD: &str = "password";

/// Why an engine was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No store was given, the one thing that has no default.
    #[error("an engine needs a store: call `store`")]
    MissingStore,
    /// Two plugins have one name.
    #[error("plugin `{name}` was given twice")]
    DuplicatePlugin {
        /// The name.
        name: &'static str,
    },
    /// Two plugins bring one authentication method.
    #[error("the authentication method `{method}` is brought by two plugins")]
    DuplicateMethod {
        /// The method.
        method: &'static str,
    },
    /// A plugin refused its configuration.
    #[error("plugin `{name}`: {source}")]
    Plugin {
        /// The plugin.
        name: &'static str,
        /// What is wrong.
        source: Error,
    },
    /// The configuration is not valid.
    #[error("configuration: {}", .0.iter().map(|error| format!("{}: {}", error.field, error.message))
        .collect::<Vec<_>>().join("; "))]
    Config(Vec<FieldError>),
    /// No master key was given and none could be made.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// What all plugins bring together, in the order in which they were given.
#[derive(Default)]
pub struct Plugins {
    names: Vec<&'static str>,
    /// Migration groups.
    pub groups: Vec<MigrationGroup>,
    /// Tables, parents before children.
    pub tables: Vec<&'static TableDef>,
    /// The names of the authentication methods.
    pub methods: Vec<&'static str>,
    /// Passwords, where a plugin brings them.
    pub password: Option<Arc<dyn PasswordMethod>>,
    /// Routes, below the base path.
    pub routes: Vec<Route>,
    /// Hooks, in the order in which they run.
    pub hooks: Vec<Arc<dyn Hooks>>,
    /// What plugins keep about users, by the plugin's name.
    pub user_data: Vec<(&'static str, Arc<dyn UserData>)>,
    /// Jobs.
    pub jobs: Vec<Arc<dyn Job>>,
}

impl Plugins {
    /// Installs one more.
    pub(crate) fn install(&mut self, plugin: &dyn Plugin, host: Host) -> Result<(), BuildError> {
        let name = plugin.name();
        if self.names.contains(&name) {
            return Err(BuildError::DuplicatePlugin { name });
        }
        let capabilities = plugin.install(host).map_err(|source| BuildError::Plugin { name, source })?;
        let Capabilities { methods, password, routes, hooks, user_data, jobs } = capabilities;
        if let Some(method) = methods.iter().find(|method| self.methods.contains(method)) {
            return Err(BuildError::DuplicateMethod { method });
        }
        if password.is_some() && self.password.is_some() {
            return Err(BuildError::DuplicateMethod { method: PASSWORD });
        }
        self.names.push(name);
        self.groups.extend(plugin.migrations());
        self.tables.extend(plugin.tables());
        self.methods.extend(methods);
        self.password = self.password.take().or(password);
        self.routes.extend(routes);
        self.hooks.extend(hooks);
        self.user_data.extend(user_data.map(|data| (name, data)));
        self.jobs.extend(jobs);
        Ok(())
    }
}
