//! [`Restored`]: a database that a fixture was loaded into.

use std::future::Future;
use std::sync::Arc;

use authsome_core::clock::ManualClock;
use authsome_core::migration::MigrationGroup;
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_migrate::Migrator;
use authsome_tests::fixtures::Fixture;
use authsome_tests::fixtures::database::Database;
use authsome_tests::fixtures::expected::{Expected, Known};
use authsome_tests::fixtures::rows::{self, Tables};
use authsome_tests::fixtures::world::{World, plugin_groups};
use authsome_tests::home::Kind;
use tokio::runtime::Runtime;

/// A database as a release left it, at the moment at which its fixture ends.
pub(crate) struct Restored {
    pub(crate) version: String,
    pub(crate) expected: Expected,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) database: Database,
    /// The one in which the store lives.
    runtime: Runtime,
}

/// Ids, tokens and salts other than those of the fixture.
const SEED: u64 = 2;

impl Restored {
    pub(crate) fn new(kind: Kind, fixture: &Fixture) -> Self {
        let expected = fixture.expected();
        let now: Timestamp = expected.known.now.parse().expect("it is a time");
        let clock = Arc::new(ManualClock::at(now));
        let database = Database::restored(kind, &fixture.dump(kind));
        let runtime = Runtime::new().expect("a runtime can be made");
        let store = runtime.block_on(database.store(&clock));
        Self { version: fixture.version.clone(), expected, clock, store, database, runtime }
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn known(&self) -> &Known {
        &self.expected.known
    }

    /// Applies what is pending of core and the plugins; says what that was.
    pub(crate) async fn migrate(&self) -> Vec<String> {
        self.store.migrate(&plugin_groups()).await.expect("the migrations apply").applied
    }

    pub(crate) fn migrator(&self, groups: &[MigrationGroup]) -> Migrator<'_> {
        Migrator::new(self.store.migrations(), groups, &*self.clock).expect("the groups fit each other")
    }

    /// An engine on it, which nothing was done with.
    pub(crate) fn engine_of(&self, app: &str) -> World {
        let key = MasterKey::from_base64(&self.known().master_key).expect("it is a key");
        let store = Arc::clone(&self.store);
        World::new(store, Arc::clone(&self.clock), key, app, SEED).expect("it is an engine")
    }

    /// An engine on it that was started, but for its jobs.
    pub(crate) async fn engine(&self) -> World {
        let world = self.engine_of(&self.known().app);
        world.engine.prepare().await.expect("it starts");
        world
    }

    /// Every expected row is there, with every column that it had, and no other row is.
    pub(crate) async fn assert_rows_are_kept(&self) {
        self.assert_rows_are_in(&*self.store).await;
    }

    /// The same of another store on the database.
    pub(crate) async fn assert_rows_are_in(&self, store: &dyn Store) {
        let found = rows::read(store).await.expect("every row can be read");
        assert_eq!(differences(&self.expected.tables, &found), Vec::<String>::new());
    }
}

/// How rows differ from those that are expected. Tables and columns that came later are not compared.
fn differences(expected: &Tables, found: &Tables) -> Vec<String> {
    let mut differences = Vec::new();
    for (table, rows) in expected {
        let Some(found) = found.get(table) else {
            differences.push(format!("{table} is gone"));
            continue;
        };
        differences.extend(found.keys().filter(|key| !rows.contains_key(*key)).map(|key| format!("{table} has {key}")));
        for (key, row) in rows {
            let Some(found) = found.get(key) else {
                differences.push(format!("{table} has no {key}"));
                continue;
            };
            let changed = row.iter().filter(|(column, value)| found.get(*column) != Some(*value));
            differences.extend(changed.map(|(column, value)| {
                format!("{table} {key}: {column} is {:?} instead of {value}", found.get(column))
            }));
        }
    }
    differences
}
