//! The migration group `magic_link`.

use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;

use crate::plugin::NAME;

pub(crate) fn group() -> MigrationGroup {
    MigrationGroup {
        name: NAME.to_owned(),
        depends_on: vec![CORE_GROUP.to_owned()],
        migrations: vec![Migration::new(1, "create_magic_links", vec![Operation::CreateTable(magic_links())])],
    }
}

/// Written out rather than taken from the entity: a released step never changes, and the entity may.
fn magic_links() -> TableDef {
    TableDef::new("authsome_magic_links", ScopeLevel::Environment, ColumnDef::new("id", ColumnType::Text).max_len(64))
        .column(ColumnDef::new("user_id", ColumnType::Text).max_len(64))
        .column(ColumnDef::new("email_key", ColumnType::Text).max_len(254))
        .column(ColumnDef::new("token_hash", ColumnType::Bytes).max_len(32))
        .column(ColumnDef::new("created_at", ColumnType::Time))
        .column(ColumnDef::new("expires_at", ColumnType::Time))
        .column(ColumnDef::new("consumed_at", ColumnType::Time).nullable())
        .index(IndexDef::unique("authsome_magic_links_token_key", &["token_hash"]))
        .index(IndexDef::plain("authsome_magic_links_user_idx", &["app_id", "env_id", "user_id"]))
        .index(IndexDef::plain("authsome_magic_links_expires_idx", &["expires_at"]))
        .reference("user_id", "authsome_users", ScopeLevel::Environment, "id", OnDelete::Cascade)
}

#[cfg(test)]
mod tests {
    use authsome_core::entity::Entity;
    use authsome_core::schema::Schema;

    use super::*;
    use crate::MagicLink;

    #[test]
    fn the_migrations_make_the_table_that_the_entity_declares() {
        let mut schema = Schema::default();
        let groups = [authsome_core::registry::migrations(), group()];
        for operation in groups.iter().flat_map(|group| &group.migrations).flat_map(|migration| &migration.up) {
            schema.apply(operation).unwrap();
        }
        assert_eq!(schema.tables.get("authsome_magic_links"), Some(MagicLink::table()));
    }
}
