//! A small schema, and databases for stores to have it in.

use std::thread;
use std::time::Duration;

use authsome_core::clock::ManualClock;
use authsome_core::entity::Entity;
use authsome_core::id::{AppId, EnvironmentId, TypedId};
use authsome_core::migration::{Migration, MigrationGroup, MigrationReport, Operation};
use authsome_core::scope::Scope;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_migrate::Migrator;
use authsome_store_pg::PgStore;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// What items belong to.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "test_boxes", scope = PerEnvironment)]
pub(crate) struct Crate {
    #[entity(id, max_len = 64)]
    pub(crate) id: String,
    #[entity(scope)]
    pub(crate) scope: Scope,
}

/// Something with a column of every type, keys and references.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "test_items", scope = PerEnvironment)]
#[index(name = "test_items_slug_key", columns(slug), unique, only_where_null = deleted_at)]
#[index(name = "test_items_code_key", columns(code), unique, global)]
#[index(name = "test_items_at_idx", columns(at))]
#[reference(box_id, to = Crate, on_delete = Cascade)]
#[reference(shelf_id, to = Crate, on_delete = Restrict)]
pub(crate) struct Item {
    #[entity(id, max_len = 64)]
    pub(crate) id: String,
    #[entity(scope)]
    pub(crate) scope: Scope,
    #[entity(max_len = 64)]
    pub(crate) box_id: Option<String>,
    #[entity(max_len = 64)]
    pub(crate) shelf_id: Option<String>,
    #[entity(max_len = 500)]
    pub(crate) slug: String,
    pub(crate) code: Vec<u8>,
    pub(crate) count: i64,
    pub(crate) flag: bool,
    pub(crate) data: serde_json::Value,
    pub(crate) at: Option<Timestamp>,
    pub(crate) deleted_at: Option<Timestamp>,
}

pub(crate) fn scope() -> Scope {
    Scope { app_id: AppId::from_ulid(1_u128.into()), env_id: EnvironmentId::from_ulid(2_u128.into()) }
}

pub(crate) fn item(id: &str) -> Item {
    Item {
        id: id.to_owned(),
        scope: scope(),
        box_id: None,
        shelf_id: None,
        slug: format!("slug-{id}"),
        code: id.as_bytes().to_vec(),
        count: 0,
        flag: true,
        data: serde_json::json!({"half": 0.5}),
        at: Some(Timestamp::EPOCH),
        deleted_at: None,
    }
}

pub(crate) fn boxed(id: &str) -> Crate {
    Crate { id: id.to_owned(), scope: scope() }
}

pub(crate) fn group() -> MigrationGroup {
    let make = [Crate::table(), Item::table()].into_iter().cloned().map(Operation::CreateTable).collect();
    MigrationGroup {
        name: "test".to_owned(),
        depends_on: Vec::new(),
        migrations: vec![Migration::new(1, "make_tables", make)],
    }
}

pub(crate) async fn migrate(store: &PgStore) -> MigrationReport {
    let clock = ManualClock::at(Timestamp::EPOCH);
    Migrator::new(store.migrations(), &[group()], &clock).unwrap().up().await.unwrap()
}

pub(crate) fn server() -> String {
    std::env::var("AUTHSOME_TEST_POSTGRES_URL")
        .expect("AUTHSOME_TEST_POSTGRES_URL is not set: run `cargo xtask test` or `cargo xtask servers up`")
}

/// The URL of another database on a server.
pub(crate) fn in_server(server: &str, database: &str) -> String {
    let (host, _) = server.rsplit_once('/').unwrap();
    format!("{host}/{database}")
}

/// A database of a test's own, dropped with it.
pub(crate) struct Scratch {
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Scratch {
    pub(crate) async fn new() -> Self {
        let store = PgStore::connect(&server()).await.unwrap();
        let random = "SELECT 'authsome_pg_' || replace(gen_random_uuid()::text, '-', '')";
        let name = ask(&store, random).await;
        run(&store, &format!("CREATE DATABASE {name}")).await;
        Self { url: in_server(&server(), &name), name }
    }

    pub(crate) async fn store(&self) -> PgStore {
        PgStore::connect(&self.url).await.unwrap()
    }

    /// A store with the small schema.
    pub(crate) async fn migrated(&self) -> PgStore {
        let store = self.store().await;
        migrate(&store).await;
        store
    }

    /// A store that gives up soon.
    pub(crate) async fn hasty(&self) -> PgStore {
        let soon = Duration::from_millis(300);
        let builder = PgStore::builder(&self.url).statement_timeout(soon).migration_timeout(soon);
        builder.connect().await.unwrap()
    }

    /// Ends every connection to it, as a server that goes away does.
    pub(crate) async fn disconnect_all(&self) {
        let store = PgStore::connect(&server()).await.unwrap();
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE datname = '{}'",
            self.name
        );
        ask(&store, &sql).await;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { run(&PgStore::connect(&server()).await.unwrap(), &drop).await });
        });
        let _ = dropped.join();
    }
}

pub(crate) async fn run(store: &PgStore, sql: &str) {
    store.connection().execute_unprepared(sql).await.unwrap();
}

/// The one text that a statement answers.
pub(crate) async fn ask(store: &PgStore, sql: &str) -> String {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    store.connection().query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap()
}
