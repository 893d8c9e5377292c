//! Migrations, on databases that nothing was ever done to.

mod changes;
mod drift;
mod faults;
mod interrupted;
mod runs;

use std::collections::BTreeMap;

use authsome_core::clock::SystemClock;
use authsome_core::error::Cause;
use authsome_core::migration::{Migration, MigrationGroup, MigrationTarget, Operation};
use authsome_core::registry;
use authsome_core::schema::{ColumnDef, IndexDef, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;
use authsome_migrate::{Difference, Migrator};

use crate::case::Case;
use crate::context::Cx;
use crate::failure::Outcome;

pub(crate) fn cases() -> Vec<Case> {
    [runs::cases(), changes::cases(), drift::cases(), faults::cases(), interrupted::cases()].concat()
}

static CLOCK: SystemClock = SystemClock;

/// The migrator of core's group and these.
fn migrator<'a>(target: &'a dyn MigrationTarget, groups: &[MigrationGroup]) -> Outcome<Migrator<'a>> {
    let all: Vec<MigrationGroup> = std::iter::once(registry::migrations()).chain(groups.iter().cloned()).collect();
    Ok(Migrator::new(target, &all, &CLOCK)?)
}

/// How the database differs from what core and these groups declare.
async fn differences(cx: &Cx, groups: &[MigrationGroup]) -> Outcome<Vec<Difference>> {
    Ok(migrator(cx.store().migrations(), groups)?.verify().await?)
}

/// The steps in the history, as `group/version`.
async fn history(cx: &Cx) -> Outcome<Vec<String>> {
    let rows = cx.store().migrations().history().await?.unwrap_or_default();
    Ok(rows.into_iter().map(|row| format!("{}/{}", row.group, row.version)).collect())
}

/// Which of the tables exist.
async fn tables(cx: &Cx, names: &[&str]) -> Outcome<Vec<String>> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let live = cx.store().migrations().introspect(&names).await?;
    let mut found: Vec<String> = live.into_iter().map(|table| table.name).collect();
    found.sort();
    Ok(found)
}

/// A table with an id, a text and a unique text.
fn table(name: &str) -> TableDef {
    TableDef::new(name, ScopeLevel::Global, ColumnDef::new("id", ColumnType::Text).max_len(64))
        .column(ColumnDef::new("note", ColumnType::Text).nullable())
        .column(ColumnDef::new("code", ColumnType::Text).max_len(64))
        .index(IndexDef::unique(&format!("{name}_code_key"), &["code"]))
}

/// A group of steps with the versions from 1.
fn group(name: &str, steps: Vec<Vec<Operation>>) -> MigrationGroup {
    let steps = (1..).zip(steps).map(|(version, up)| Migration::new(version, &format!("step_{version}"), up));
    MigrationGroup { name: name.to_owned(), depends_on: Vec::new(), migrations: steps.collect() }
}

/// An operation that no database carries out.
fn broken(target: &dyn MigrationTarget) -> Operation {
    let statements = BTreeMap::from([(target.dialect(), "THIS IS NO STATEMENT".to_owned())]);
    Operation::Raw { statements }
}

/// A cause for errors of the suite's own.
fn cause(text: &str) -> Cause {
    text.to_owned().into()
}
