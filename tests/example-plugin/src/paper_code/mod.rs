//! A second factor, as a second plugin: one code that a person keeps on paper, and that works once.

mod entity;
mod factor;
mod routes;

use std::sync::Arc;

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::{ColumnDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;

pub use entity::PaperCode;
use factor::OnPaper;

/// The name of the plugin, of its migration group and of its factor.
const NAME: &str = "paper_code";

/// Brings the second factor `paper_code`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaperCodePlugin;

impl Plugin for PaperCodePlugin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        Some(MigrationGroup {
            name: NAME.to_owned(),
            depends_on: vec![CORE_GROUP.to_owned()],
            migrations: vec![Migration::new(1, "create_paper_codes", vec![Operation::CreateTable(paper_codes())])],
        })
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![PaperCode::table()]
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities {
            second_factors: vec![Arc::new(OnPaper)],
            routes: routes::routes(&host),
            user_data: Some(Arc::new(OnPaper)),
            ..Capabilities::default()
        })
    }
}

fn paper_codes() -> TableDef {
    TableDef::new(
        "authsome_paper_codes",
        ScopeLevel::Environment,
        ColumnDef::new("user_id", ColumnType::Text).max_len(64),
    )
    .column(ColumnDef::new("code_hash", ColumnType::Bytes).max_len(32))
    .column(ColumnDef::new("created_at", ColumnType::Time))
    .column(ColumnDef::new("confirmed_at", ColumnType::Time).nullable())
    .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migration_makes_the_table_that_the_entity_declares() {
        assert_eq!(&paper_codes(), PaperCode::table());
    }
}
