//! The migration group `password`.

use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::{ColumnDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;

/// The name of the plugin and of its group.
pub(crate) const NAME: &str = "password";

pub(crate) fn group() -> MigrationGroup {
    MigrationGroup {
        name: NAME.to_owned(),
        depends_on: vec![CORE_GROUP.to_owned()],
        migrations: vec![Migration::new(1, "create_password_hashes", vec![Operation::CreateTable(password_hashes())])],
    }
}

/// Written out instead of taken from the entity: a released step never changes, and the entity may.
fn password_hashes() -> TableDef {
    TableDef::new(
        "authsome_password_hashes",
        ScopeLevel::Environment,
        ColumnDef::new("user_id", ColumnType::Text).max_len(64),
    )
    .column(ColumnDef::new("hash", ColumnType::Text).max_len(512))
    .column(ColumnDef::new("generation", ColumnType::Int))
    .column(ColumnDef::new("created_at", ColumnType::Time))
    .column(ColumnDef::new("updated_at", ColumnType::Time))
    .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

#[cfg(test)]
mod tests {
    use authsome_core::entity::Entity;
    use authsome_core::schema::Schema;

    use super::*;
    use crate::PasswordHash;

    #[test]
    fn the_migrations_make_the_table_that_the_entity_declares() {
        let mut schema = Schema::default();
        let groups = [authsome_core::registry::migrations(), group()];
        for operation in groups.iter().flat_map(|group| &group.migrations).flat_map(|migration| &migration.up) {
            schema.apply(operation).unwrap();
        }
        assert_eq!(schema.tables.get("authsome_password_hashes"), Some(PasswordHash::table()));
    }
}
