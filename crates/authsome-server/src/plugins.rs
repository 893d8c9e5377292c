//! [`Plugins`]: the plugins that the program has.

use authsome::core::migration::MigrationGroup;
use authsome::core::plugin::Plugin;
use authsome::core::registry;
use authsome::core::schema::TableDef;
use authsome::engine::EngineBuilder;
use authsome::password::PasswordPlugin;

/// The plugins that the program has. The one list: server, command line and tasks take it from here.
pub(crate) struct Plugins(Vec<Box<dyn Plugin>>);

impl Plugins {
    /// Those that every program has, then these.
    pub(crate) fn with(more: Vec<Box<dyn Plugin>>) -> Self {
        let mut plugins: Vec<Box<dyn Plugin>> = vec![Box::new(PasswordPlugin::default())];
        plugins.extend(more);
        Self(plugins)
    }

    /// Core's migrations and those of the plugins, in the order of a run.
    pub(crate) fn migration_groups(&self) -> Vec<MigrationGroup> {
        std::iter::once(registry::migrations()).chain(self.0.iter().filter_map(|plugin| plugin.migrations())).collect()
    }

    /// Gives them to an engine.
    pub(crate) fn add_to(self, builder: EngineBuilder) -> EngineBuilder {
        self.0.into_iter().fold(builder, EngineBuilder::boxed_plugin)
    }

    /// Core's tables and those of the plugins.
    pub(crate) fn tables(&self) -> Vec<&'static TableDef> {
        registry::tables().into_iter().chain(self.0.iter().flat_map(|plugin| plugin.tables())).collect()
    }
}
