//! [`Plugins`]: what all plugins of an engine bring together.

use std::sync::Arc;

use authsome_core::migration::MigrationGroup;
use authsome_core::plugin::{Capabilities, Hooks, Host, Job, PasswordMethod, Plugin, UserData};
use authsome_core::route::Route;
use authsome_core::schema::TableDef;

use crate::builder::BuildError;

/// What all plugins bring together, in the order in which they were given.
#[derive(Default)]
pub(crate) struct Plugins {
    names: Vec<&'static str>,
    pub(crate) groups: Vec<MigrationGroup>,
    /// Parents before children.
    pub(crate) tables: Vec<&'static TableDef>,
    pub(crate) methods: Vec<&'static str>,
    pub(crate) password: Option<Arc<dyn PasswordMethod>>,
    pub(crate) routes: Vec<Route>,
    pub(crate) hooks: Vec<Arc<dyn Hooks>>,
    pub(crate) user_data: Vec<(&'static str, Arc<dyn UserData>)>,
    pub(crate) jobs: Vec<Arc<dyn Job>>,
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
            return Err(BuildError::DuplicateMethod { method: crate::passwords::METHOD });
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
