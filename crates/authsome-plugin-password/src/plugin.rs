//! [`PasswordPlugin`].

use std::sync::Arc;

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::migration::MigrationGroup;
use authsome_core::plugin::{Capabilities, Host, Method, PasswordMethod, Plugin, UserData};
use authsome_core::schema::TableDef;

use crate::config::PasswordConfig;
use crate::entity::PasswordHash;
use crate::method::Passwords;
use crate::migrations;

/// Brings the method `password`.
///
/// Its threads start when it is installed and end when the engine lets go of the method.
#[derive(Clone, Debug, Default)]
pub struct PasswordPlugin {
    config: PasswordConfig,
}

impl PasswordPlugin {
    /// The plugin with this configuration. [`Plugin::install`] checks its ranges.
    #[must_use]
    pub const fn new(config: PasswordConfig) -> Self {
        Self { config }
    }
}

impl Plugin for PasswordPlugin {
    fn name(&self) -> &'static str {
        migrations::NAME
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        Some(migrations::group())
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![PasswordHash::table()]
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        let passwords = Arc::new(Passwords::start(&self.config, &host)?);
        Ok(Capabilities {
            methods: vec![Arc::clone(&passwords) as Arc<dyn Method>],
            password: Some(Arc::clone(&passwords) as Arc<dyn PasswordMethod>),
            user_data: Some(passwords as Arc<dyn UserData>),
            ..Capabilities::default()
        })
    }
}
