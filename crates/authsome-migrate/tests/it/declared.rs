//! The groups that the tests declare.

use authsome_core::migration::{Dialect, Migration, MigrationGroup, Operation};
use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;
use authsome_migrate::StepRef;

pub(crate) fn at(step: &str) -> StepRef {
    step.parse().unwrap()
}

pub(crate) fn group(name: &str, depends_on: &[&str], migrations: Vec<Migration>) -> MigrationGroup {
    let depends_on = depends_on.iter().map(|name| (*name).to_owned()).collect();
    MigrationGroup { name: name.to_owned(), depends_on, migrations }
}

pub(crate) fn table(name: &str) -> TableDef {
    TableDef::new(name, ScopeLevel::Global, ColumnDef::new("id", ColumnType::Text))
}

pub(crate) fn creates(version: u32, name: &str) -> Migration {
    Migration::new(version, &format!("create_{name}"), vec![Operation::CreateTable(table(name))])
}

pub(crate) fn add_column(table: &str, column: &str) -> Operation {
    let column = ColumnDef::new(column, ColumnType::Int).nullable();
    Operation::AddColumn { table: table.to_owned(), column }
}

pub(crate) fn raw(dialect: &'static str, statement: &str) -> Operation {
    Operation::Raw { statements: [(Dialect::new(dialect), statement.to_owned())].into() }
}

/// Core's first step: users.
pub(crate) fn core_1() -> Migration {
    let users = table("users").column(ColumnDef::new("email", ColumnType::Text));
    Migration::new(1, "create_users", vec![Operation::CreateTable(users)])
}

/// Core's second step: a column of users, and an index over it.
pub(crate) fn core_2() -> Migration {
    let index = IndexDef::unique("users_age_key", &["age"]);
    let index = Operation::CreateIndex { table: "users".to_owned(), index };
    Migration::new(2, "add_age", vec![add_column("users", "age"), index])
}

/// A plugin with a table that refers to users.
pub(crate) fn plugin(name: &str) -> MigrationGroup {
    let owned = table(name)
        .column(ColumnDef::new("user_id", ColumnType::Text))
        .index(IndexDef::plain(&format!("{name}_by_user"), &["user_id"]));
    let owned = owned.reference("user_id", "users", ScopeLevel::Global, "id", OnDelete::Cascade);
    group(name, &[], vec![Migration::new(1, "create", vec![Operation::CreateTable(owned)])])
}

/// Core with two steps, and the plugin `password`.
pub(crate) fn core_and_password() -> Vec<MigrationGroup> {
    vec![group("core", &[], vec![core_1(), core_2()]), plugin("password")]
}
