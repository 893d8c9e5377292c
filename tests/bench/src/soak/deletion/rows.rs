//! The rows of an environment and of what is around it, and what may become of them.

use std::collections::{BTreeMap, BTreeSet};

use authsome::password::PasswordHash;
use authsome_conformance::{Home, HomeKey};
use authsome_core::app::App;
use authsome_core::attempt::Lockout;
use authsome_core::device::Device;
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::event::{AppEvent, Event};
use authsome_core::for_each_entity;
use authsome_core::id::{EnvironmentId, TypedId};
use authsome_core::records::Row;
use authsome_core::schema::{ScopeLevel, TableDef};
use authsome_core::scope::Scope;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::Store;
use authsome_core::value::Value;

/// Every column of rows, by table and id.
pub(super) type Rows = BTreeMap<(String, String), Row>;

/// Runs a macro for each entity of core and of the plugins that the server has.
macro_rules! for_each {
    ($visitor:ident) => {
        for_each_entity!($visitor);
        $visitor!(PasswordHash);
    };
}

/// All rows of an environment, from every table.
pub(super) async fn inside(scope: Scope, store: &dyn Store) -> Result<Rows, StoreError> {
    read(scope, ScopeLevel::Environment, store).await
}

/// All rows that belong to apps and to the installation.
pub(super) async fn around(store: &dyn Store) -> Result<Rows, StoreError> {
    let mut rows = Rows::new();
    for app in App::find(()).every(store).await? {
        let env_id = EnvironmentId::from_ulid(ulid::Ulid::nil());
        for level in [ScopeLevel::App, ScopeLevel::Global] {
            rows.extend(read(Scope { app_id: app.id, env_id }, level, store).await?);
        }
    }
    Ok(rows)
}

async fn read(scope: Scope, level: ScopeLevel, store: &dyn Store) -> Result<Rows, StoreError> {
    let home = Home { scope, number: 0 };
    let mut rows = Rows::new();
    macro_rules! read {
        ($($entity:ty),*) => {$(
            if <$entity>::table().scope == level {
                add::<$entity>(&home, &mut rows, store).await?;
            }
        )*};
    }
    for_each!(read);
    Ok(rows)
}

async fn add<E: Entity<Scope: HomeKey>>(home: &Home, rows: &mut Rows, store: &dyn Store) -> Result<(), StoreError> {
    let table = E::table();
    for entity in E::find(E::Scope::key(home)).every(store).await? {
        let row = entity.to_row();
        rows.insert((table.name.clone(), id_of(table, &row)), row);
    }
    Ok(())
}

fn id_of(table: &TableDef, row: &Row) -> String {
    match table.value_of(row, &table.id) {
        Some(Value::Text(id)) => id.clone(),
        _ => String::new(),
    }
}

/// How many rows each table has of an environment; tables without any are left out.
pub(super) async fn counts(scope: Scope, store: &dyn Store) -> Result<BTreeMap<String, u64>, StoreError> {
    let home = Home { scope, number: 0 };
    let mut counts = BTreeMap::new();
    macro_rules! count {
        ($($entity:ty),*) => {$(
            if <$entity>::table().scope == ScopeLevel::Environment {
                let key = <<$entity as Entity>::Scope as HomeKey>::key(&home);
                counts.insert(<$entity>::table().name.clone(), <$entity>::find(key).count(store).await?);
            }
        )*};
    }
    for_each!(count);
    counts.retain(|_, count| *count > 0);
    Ok(counts)
}

/// What may become of rows beside staying as they are. Tables are named.
#[derive(Debug, Default)]
pub(super) struct Law {
    /// Where rows may be added.
    added: BTreeSet<&'static str>,
    /// Where rows may change, and in which columns.
    changed: BTreeMap<&'static str, &'static [&'static str]>,
    /// Where rows may be taken away.
    gone: BTreeSet<&'static str>,
}

impl Law {
    /// Nothing may.
    pub(super) fn nothing() -> Self {
        Self::default()
    }

    /// What a sign-in does: it makes a session with its tokens, the device where it is new, and events; notes when and
    /// where from a device was seen; and counts an attempt, which it takes back.
    pub(super) fn sign_ins() -> Self {
        let lockouts = name::<Lockout>();
        Self {
            added: [name::<Session>(), name::<RefreshToken>(), name::<Device>(), name::<Event>(), lockouts].into(),
            changed: [(name::<Device>(), SEEN)].into(),
            gone: [lockouts].into(),
        }
    }

    /// What changes of environments do around them: each has its event.
    pub(super) fn events() -> Self {
        Self { added: [name::<AppEvent>()].into(), ..Self::default() }
    }

    /// What is against it, a line for each row.
    pub(super) fn broken(&self, before: &Rows, after: &Rows) -> Vec<String> {
        let mut broken = Vec::new();
        for ((table, id), row) in before {
            match after.get(&(table.clone(), id.clone())) {
                None if self.gone.contains(table.as_str()) => {}
                None => broken.push(format!("{table} {id} is gone")),
                Some(now) => {
                    let free = self.changed.get(table.as_str()).copied().unwrap_or_default();
                    let differ = differing(table, row, now);
                    let differ: Vec<&str> = differ.into_iter().filter(|column| !free.contains(column)).collect();
                    if !differ.is_empty() {
                        broken.push(format!("{table} {id} has another {}", differ.join(", ")));
                    }
                }
            }
        }
        let new = after.keys().filter(|key| !before.contains_key(*key));
        let new = new.filter(|(table, _)| !self.added.contains(table.as_str()));
        broken.extend(new.map(|(table, id)| format!("{table} {id} is new")));
        broken
    }
}

/// What is noted with a device when it is seen.
const SEEN: &[&str] = &["last_seen_at", "updated_at", "user_agent", "ip"];

fn name<E: Entity>() -> &'static str {
    &E::table().name
}

/// The columns in which two rows of a table differ.
fn differing(table: &str, before: &Row, after: &Row) -> Vec<&'static str> {
    let columns = tables().into_iter().filter(|known| known.name == table).flat_map(|known| &known.columns);
    let named = columns.map(|column| column.name.as_str()).zip(before.iter().zip(after));
    named.filter(|(_, (before, after))| before != after).map(|(column, _)| column).collect()
}

/// The tables that are looked at.
fn tables() -> Vec<&'static TableDef> {
    let mut tables = Vec::new();
    macro_rules! tables {
        ($($entity:ty),*) => {$( tables.push(<$entity>::table()); )*};
    }
    for_each!(tables);
    tables
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use authsome::password::PasswordPlugin;
    use authsome_core::plugin::Plugin;
    use authsome_core::registry;
    use authsome_core::time::Timestamp;
    use authsome_core::user::User;

    use super::*;
    use crate::population::Population;

    fn users() -> Vec<User> {
        let population = Population::new(1, 1_000).unwrap();
        (0..3).map(|number| population.user(number).unwrap()).collect()
    }

    fn rows<E: Entity>(entities: &[E]) -> Rows {
        let row = |entity: &E| ((E::table().name.clone(), id_of(E::table(), &entity.to_row())), entity.to_row());
        entities.iter().map(row).collect()
    }

    fn device(of: &User) -> Device {
        Device {
            id: authsome_core::id::DeviceId::from_ulid(ulid::Ulid::nil()),
            scope: of.scope,
            user_id: of.id,
            fingerprint: [1; 32],
            name: None,
            user_agent: None,
            ip: None,
            trusted: false,
            last_seen_at: Timestamp::EPOCH,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn every_table_of_core_and_of_the_servers_plugin_is_looked_at() {
        let all = registry::tables().into_iter().chain(PasswordPlugin::default().tables());
        let names = |tables: Vec<&'static TableDef>| -> BTreeSet<&str> {
            tables.into_iter().map(|table| table.name.as_str()).collect()
        };
        assert_eq!(names(tables()), names(all.collect()));
    }

    #[test]
    fn a_row_that_is_gone_changed_or_new_is_noticed() {
        let before = users();
        let mut after = before.clone();
        after[1].name = Some("Somebody Else".to_owned());
        for law in [Law::nothing(), Law::sign_ins(), Law::events()] {
            assert_eq!(law.broken(&rows(&before), &rows(&before)), Vec::<String>::new());
            assert_eq!(law.broken(&rows(&before), &rows(&after)).len(), 1);
            assert_eq!(law.broken(&rows(&before), &rows(&before[1..])).len(), 1);
            assert_eq!(law.broken(&rows(&before[1..]), &rows(&before)).len(), 1);
            assert_eq!(law.broken(&rows(&before[1..]), &rows(&after[..2])).len(), 3);
        }
    }

    #[test]
    fn of_a_device_a_sign_in_changes_when_it_was_seen_and_not_whose_it_is() {
        let people = users();
        let before = device(&people[0]);
        let seen = Device { last_seen_at: people[0].created_at, ..before.clone() };
        let taken = Device { user_id: people[1].id, ..seen.clone() };
        let broken = |law: Law, after: &Device| law.broken(&rows(from_ref(&before)), &rows(from_ref(after)));
        assert_eq!(broken(Law::sign_ins(), &seen), Vec::<String>::new());
        assert_eq!(broken(Law::nothing(), &seen).len(), 1);
        assert_eq!(broken(Law::sign_ins(), &taken).len(), 1);
        assert_eq!(Law::sign_ins().broken(&rows(from_ref(&before)), &Rows::new()).len(), 1);
        assert_eq!(Law::sign_ins().broken(&Rows::new(), &rows(&[before])), Vec::<String>::new());
    }
}
