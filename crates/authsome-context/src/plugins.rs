//! [`Plugins`]: the capabilities of all plugins of an engine.

use std::sync::Arc;

use authsome_core::entropy::EntropyError;
use authsome_core::environment::SettingDeclaration;
use authsome_core::error::{Error, FieldError};
use authsome_core::migration::MigrationGroup;
use authsome_core::name::is_name;
use authsome_core::plugin::{
    EnvironmentData, Expiry, Hooks, Host, Job, Method, NoticeKind, PasswordMethod, Plugin, SecondFactor, UserData,
};
use authsome_core::route::{RateClass, Route};
use authsome_core::schema::TableDef;

/// Name of the method of passwords, as `allowed_auth_methods` names it.
pub const PASSWORD: &str = "password";

/// Why an engine could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No store was given. It has no default.
    #[error("an engine needs a store: call `store`")]
    MissingStore,
    /// Two plugins have one name.
    #[error("plugin `{name}` was given twice")]
    DuplicatePlugin {
        /// The name.
        name: &'static str,
    },
    /// Two plugins bring capabilities with the same name.
    #[error("the {what} `{name}` is brought by two plugins")]
    Duplicate {
        /// What it is: an authentication method, a second factor, a notice, a setting, a rate class.
        what: &'static str,
        /// Its name.
        name: &'static str,
    },
    /// A plugin declares an invalid name or default.
    #[error("plugin `{plugin}`: the {what} `{name}` cannot be declared: {rule}")]
    Declaration {
        /// The plugin.
        plugin: &'static str,
        /// What it is.
        what: &'static str,
        /// Its name.
        name: &'static str,
        /// What is required.
        rule: &'static str,
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
    /// No master key was given, and making one failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The capabilities of all plugins, in the order of the plugins.
#[derive(Default)]
pub struct Plugins {
    names: Vec<&'static str>,
    /// Migration groups.
    pub groups: Vec<MigrationGroup>,
    /// Tables, parents before children.
    pub tables: Vec<&'static TableDef>,
    /// Authentication methods.
    pub methods: Vec<Arc<dyn Method>>,
    /// Passwords, if a plugin brings them.
    pub password: Option<Arc<dyn PasswordMethod>>,
    /// Second factors.
    pub second_factors: Vec<Arc<dyn SecondFactor>>,
    /// Routes, below the base path.
    pub routes: Vec<Route>,
    /// Hooks, in the order in which they run.
    pub hooks: Vec<Arc<dyn Hooks>>,
    notices: Vec<Arc<dyn NoticeKind>>,
    /// Settings.
    pub settings: Vec<SettingDeclaration>,
    /// What plugins store about users, by the plugin's name.
    pub user_data: Vec<(&'static str, Arc<dyn UserData>)>,
    /// What plugins store about environments.
    pub environment_data: Vec<Arc<dyn EnvironmentData>>,
    /// Rows that expire.
    pub expiries: Vec<Expiry>,
    /// Jobs.
    pub jobs: Vec<Arc<dyn Job>>,
}

impl Plugins {
    /// Whether a plugin brings this authentication method.
    #[must_use]
    pub fn has_method(&self, name: &str) -> bool {
        self.methods.iter().any(|method| method.name() == name)
    }

    /// The kind of mail with this name.
    #[must_use]
    pub fn notice(&self, name: &str) -> Option<&Arc<dyn NoticeKind>> {
        self.notices.iter().find(|kind| kind.name() == name)
    }

    /// Installs one more.
    pub(crate) fn install(&mut self, plugin: &dyn Plugin, host: Host) -> Result<(), BuildError> {
        let name = plugin.name();
        unless(!is_name(name), || declaration(name, "name", name, NAME))?;
        if self.names.contains(&name) {
            return Err(BuildError::DuplicatePlugin { name });
        }
        let brought = plugin.install(host).map_err(|source| BuildError::Plugin { name, source })?;
        if brought.password.is_some() && self.password.is_some() {
            return Err(BuildError::Duplicate { what: "authentication method", name: PASSWORD });
        }
        self.names.push(name);
        self.groups.extend(plugin.migrations());
        self.tables.extend(plugin.tables());
        let taken = |what, name| BuildError::Duplicate { what, name };
        for method in brought.methods {
            unless(!is_name(method.name()), || declaration(name, "authentication method", method.name(), NAME))?;
            unless(self.has_method(method.name()), || taken("authentication method", method.name()))?;
            self.methods.push(method);
        }
        for factor in brought.second_factors {
            unless(!is_name(factor.name()), || declaration(name, "second factor", factor.name(), NAME))?;
            let is_taken = self.second_factors.iter().any(|other| other.name() == factor.name());
            unless(is_taken, || taken("second factor", factor.name()))?;
            self.second_factors.push(factor);
        }
        for kind in brought.notices {
            let own = kind.name().strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).is_some_and(is_name);
            unless(!own || kind.name().len() > 64, || {
                declaration(name, "notice", kind.name(), "it is the plugin's name, a dot, and a word")
            })?;
            unless(self.notice(kind.name()).is_some(), || taken("notice", kind.name()))?;
            self.notices.push(kind);
        }
        for setting in brought.settings {
            let rule = "a new name in snake_case, and a default within its range";
            unless(!setting.is_valid(), || declaration(name, "setting", setting.name(), rule))?;
            let is_taken = self.settings.iter().any(|other| other.name() == setting.name());
            unless(is_taken, || taken("setting", setting.name()))?;
            self.settings.push(setting);
        }
        for route in &brought.routes {
            let class = route.rate();
            let mut classes = self.routes.iter().chain(&brought.routes).map(Route::rate).chain(RateClass::CORE);
            let is_taken = classes.any(|other| other.name == class.name && other != class);
            unless(is_taken, || taken("rate class", class.name))?;
            let is_own = RateClass::CORE.contains(&class) || class.name.starts_with(name);
            unless(!is_own, || declaration(name, "rate class", class.name, "a name that begins with the plugin's"))?;
            let rule =
                "a name of at most 32 characters, limits of at least 1 request, and windows of at least 1 second";
            unless(!class.is_valid(), || declaration(name, "rate class", class.name, rule))?;
        }
        self.routes.extend(brought.routes);
        self.password = self.password.take().or(brought.password);
        self.hooks.extend(brought.hooks);
        self.user_data.extend(brought.user_data.map(|data| (name, data)));
        self.environment_data.extend(brought.environment_data);
        self.expiries.extend(brought.expiries);
        self.jobs.extend(brought.jobs);
        Ok(())
    }
}

const NAME: &str = "it is in snake_case and has at most 64 characters";

fn unless(refused: bool, error: impl FnOnce() -> BuildError) -> Result<(), BuildError> {
    if refused { Err(error()) } else { Ok(()) }
}

const fn declaration(plugin: &'static str, what: &'static str, name: &'static str, rule: &'static str) -> BuildError {
    BuildError::Declaration { plugin, what, name, rule }
}
