//! Every row of an environment, to be compared byte by byte.

use std::collections::BTreeMap;

use authsome::password::PasswordHash;
use authsome_conformance::{Home, HomeKey};
use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::error::StoreError;
use authsome_core::for_each_entity;
use authsome_core::records::Row;
use authsome_core::schema::{ScopeLevel, TableDef};
use authsome_core::scope::Scope;
use authsome_core::store::Store;
use authsome_core::value::Value;
use authsome_example_plugin::{BlockedDomain, MagicLink, PaperCode};

/// Rows by table and id.
pub(crate) type Rows = BTreeMap<(String, String), Row>;

/// Whether the rows of the app are read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Environment,
    App,
}

/// The rows of an environment, its own row, and, where the extent is the app, all that the app has.
pub(crate) async fn read(scope: Scope, extent: Extent, store: &dyn Store) -> Result<Rows, StoreError> {
    let home = Home { scope, number: 0 };
    let mut rows = Rows::new();
    macro_rules! read {
        ($($entity:ty),*) => {$( add::<$entity>(&home, extent, &mut rows, store).await?; )*};
    }
    for_each_entity!(read);
    read!(PasswordHash, MagicLink, PaperCode, BlockedDomain);
    Ok(rows)
}

async fn add<E: Entity<Scope: HomeKey>>(
    home: &Home,
    extent: Extent,
    rows: &mut Rows,
    store: &dyn Store,
) -> Result<(), StoreError> {
    let table = E::table();
    let own = table.name == Environment::table().name;
    let wanted = match table.scope {
        ScopeLevel::Environment => true,
        ScopeLevel::App => own || extent == Extent::App,
        ScopeLevel::Global => false,
    };
    if !wanted {
        return Ok(());
    }
    for entity in E::find(E::Scope::key(home)).all(store).await? {
        let row = entity.to_row();
        let id = id_of(table, &row);
        if table.scope == ScopeLevel::Environment || extent == Extent::App || id == home.scope.env_id.to_string() {
            rows.insert((table.name.clone(), id), row);
        }
    }
    Ok(())
}

fn id_of(table: &TableDef, row: &Row) -> String {
    match table.value_of(row, &table.id) {
        Some(Value::Text(id)) => id.clone(),
        _ => String::new(),
    }
}

/// Tables of environments without a row.
pub(crate) fn empty_tables(rows: &Rows) -> Vec<String> {
    let mut tables = Vec::new();
    macro_rules! tables {
        ($($entity:ty),*) => {$( tables.push(<$entity>::table()); )*};
    }
    for_each_entity!(tables);
    tables!(PasswordHash, MagicLink, PaperCode, BlockedDomain);
    let inside = tables.into_iter().filter(|table| table.scope == ScopeLevel::Environment);
    let names = inside.map(|table| table.name.clone());
    names.filter(|name| !rows.keys().any(|(table, _)| table == name)).collect()
}

/// Which rows differ.
pub(crate) fn differences(before: &Rows, after: &Rows) -> Vec<String> {
    let changed = before.iter().filter(|(key, row)| after.get(*key) != Some(*row));
    let changed = changed.map(|((table, id), _)| format!("{table} {id} was changed or taken away"));
    let added = after.keys().filter(|key| !before.contains_key(*key));
    changed.chain(added.map(|(table, id)| format!("{table} {id} was added"))).collect()
}
