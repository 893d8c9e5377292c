//! A hook, as a third plugin: nobody registers with an address of a blocked domain.

mod entity;
mod hook;
mod routes;

use std::sync::Arc;

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::{ColumnDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;

pub use entity::BlockedDomain;
use hook::Refusal;

/// The name of the plugin and of its migration group.
const NAME: &str = "blocked_domains";

/// Refuses to register addresses of blocked domains.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockedDomainsPlugin;

impl Plugin for BlockedDomainsPlugin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        Some(MigrationGroup {
            name: NAME.to_owned(),
            depends_on: vec![CORE_GROUP.to_owned()],
            migrations: vec![Migration::new(1, "create_domains", vec![Operation::CreateTable(blocked_domains())])],
        })
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![BlockedDomain::table()]
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        let refusal = Arc::new(Refusal { store: Arc::clone(&host.store) });
        Ok(Capabilities {
            routes: routes::routes(&host),
            hooks: vec![Arc::<Refusal>::clone(&refusal)],
            environment_data: Some(refusal),
            ..Capabilities::default()
        })
    }
}

fn blocked_domains() -> TableDef {
    TableDef::new(
        "authsome_blocked_domains",
        ScopeLevel::Environment,
        ColumnDef::new("domain", ColumnType::Text).max_len(254),
    )
    .column(ColumnDef::new("created_at", ColumnType::Time))
    .reference("env_id", "authsome_environments", ScopeLevel::App, "id", OnDelete::Restrict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migration_makes_the_table_that_the_entity_declares() {
        assert_eq!(&blocked_domains(), BlockedDomain::table());
    }
}
