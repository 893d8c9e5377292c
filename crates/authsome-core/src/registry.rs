//! The registry: every entity of core, and core's migrations.
//!
//! Suites walk the registry, so a listed entity is tested, and an unlisted one has no table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::entity::Entity;
use crate::migration::{Migration, MigrationGroup, Operation};
use crate::schema::TableDef;

/// Name of core's migration group.
pub const CORE_GROUP: &str = "core";

/// Hands the type of every entity of core, parents before children, to a macro: how suites walk the registry.
#[macro_export]
macro_rules! for_each_entity {
    ($visitor:ident) => {
        $visitor!(
            $crate::app::App,
            $crate::event::AppEvent,
            $crate::appsessionconfig::AppSessionConfig,
            $crate::environment::Environment,
            $crate::user::User,
            $crate::session::Session,
            $crate::session::RefreshToken,
            $crate::account::Verification,
            $crate::account::PasswordReset,
            $crate::ticket::Ticket,
            $crate::device::Device,
            $crate::organization::Organization,
            $crate::organization::Member,
            $crate::organization::Invitation,
            $crate::organization::Team,
            $crate::organization::TeamMember,
            $crate::formconfig::Branding,
            $crate::formconfig::FormConfig,
            $crate::webhook::Webhook,
            $crate::notification::Notification,
            $crate::apikey::ApiKey,
            $crate::event::Event,
            $crate::attempt::Lockout,
            $crate::attempt::RateWindow,
            $crate::signingkey::SigningKey,
            $crate::installation::Installation
        )
    };
}

macro_rules! tables {
    ($($entity:ty),*) => { vec![$(<$entity as Entity>::table()),*] };
}

/// The tables of core's entities, parents before children.
#[must_use]
pub fn tables() -> Vec<&'static TableDef> {
    for_each_entity!(tables)
}

/// Whether this is a core table's own definition, or the definition of another table. False for an entity that takes
/// the name of a core table, with a scope of its own choice.
pub(crate) fn is_genuine(table: &'static TableDef) -> bool {
    static CORE: LazyLock<BTreeMap<&'static str, &'static TableDef>> =
        LazyLock::new(|| tables().into_iter().map(|table| (table.name.as_str(), table)).collect());
    CORE.get(table.name.as_str()).is_none_or(|genuine| std::ptr::eq(*genuine, table))
}

/// Core's migrations.
///
/// The first one makes the tables as the entities declare them. It is in the history of every database and never
/// changes, which a test holds. So an entity that is new or changed gets a migration of its own; the first one then leaves
/// the new table out, or makes the changed one as it was, written out here.
#[must_use]
pub fn migrations() -> MigrationGroup {
    let create = tables().into_iter().cloned().map(Operation::CreateTable).collect();
    let migrations = vec![Migration::new(1, "create_core_tables", create)];
    MigrationGroup { name: CORE_GROUP.to_owned(), depends_on: Vec::new(), migrations }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::entity::Column;
    use crate::error::StoreError;
    use crate::id::UserId;
    use crate::records::{CountRequest, Reach, Row, Selection};
    use crate::schema::Schema;
    use crate::scope::{Global, PerEnvironment, Scope, ScopeKind};
    use crate::user::User;

    #[test]
    fn the_migrations_make_what_the_entities_declare() {
        let mut schema = Schema::default();
        for migration in migrations().migrations {
            for operation in &migration.up {
                schema.apply(operation).unwrap();
            }
        }
        for table in tables() {
            assert_eq!(schema.tables.remove(&table.name).as_ref(), Some(table));
        }
        assert!(schema.tables.is_empty(), "tables without an entity: {:?}", schema.tables.keys());
    }

    /// Whoever changes an entity is told by this test to add a migration.
    #[test]
    fn the_first_migration_never_changes() {
        let first = serde_json::to_vec(migrations().migrations.first().unwrap()).unwrap();
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(first));
        assert_eq!(digest, "e3b82a256b108b2c34393a205753a9cd9caad9075e0981cf8e7da6f04eee9555");
    }

    /// Claims that users have no scope.
    #[derive(Clone)]
    struct Impostor;

    impl Entity for Impostor {
        type Scope = Global;
        type Id = UserId;
        const ID_COLUMN: Column<Self, UserId> = Column::new("id");

        fn table() -> &'static TableDef {
            User::table()
        }

        fn entity_id(&self) -> UserId {
            unreachable!("an impostor has no rows")
        }

        fn scope_key(&self) -> <Self::Scope as ScopeKind>::Key<'_> {}

        fn to_row(&self) -> Row {
            Vec::new()
        }

        fn from_row(_: Row) -> Result<Self, StoreError> {
            Ok(Self)
        }
    }

    #[test]
    fn a_table_is_reached_only_in_its_own_scope() {
        let refused = CountRequest::new(Selection::new(Impostor::table(), Reach::within::<Global>(())));
        assert!(matches!(refused, Err(StoreError::Invalid { .. })));
        let entropy = crate::entropy::SeededEntropy::new(1);
        let scope = Scope {
            app_id: crate::id::TypedId::generate(crate::time::Timestamp::EPOCH, &entropy).unwrap(),
            env_id: crate::id::TypedId::generate(crate::time::Timestamp::EPOCH, &entropy).unwrap(),
        };
        assert!(CountRequest::new(Selection::new(User::table(), Reach::within::<PerEnvironment>(&scope))).is_ok());
    }

    #[test]
    fn a_table_that_takes_the_name_of_a_core_table_is_not_reached() {
        let mut copy = User::table().clone();
        copy.scope = crate::schema::ScopeLevel::Global;
        let copy: &'static TableDef = Box::leak(Box::new(copy));
        let refused = CountRequest::new(Selection::new(copy, Reach::within::<Global>(())));
        assert!(matches!(refused, Err(StoreError::Invalid { .. })));
    }
}
