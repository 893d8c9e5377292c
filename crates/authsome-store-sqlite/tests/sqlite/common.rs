//! A small schema, and stores that have it.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use authsome_core::clock::ManualClock;
use authsome_core::entity::{Column, Entity, RowReader};
use authsome_core::error::StoreError;
use authsome_core::id::{AppId, EnvironmentId, TypedId};
use authsome_core::migration::{Migration, MigrationGroup, MigrationReport, Operation};
use authsome_core::records::Row;
use authsome_core::schema::{ColumnDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::scope::{Global, Scope};
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::value::{ColumnType, ColumnValue};
use authsome_migrate::Migrator;
use authsome_store_sqlite::SqliteStore;

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
#[index(name = "test_items_box_idx", columns(box_id))]
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
    pub(crate) small: u16,
    pub(crate) flag: bool,
    pub(crate) data: serde_json::Value,
    pub(crate) at: Option<Timestamp>,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// Keeps an item from being deleted, as long as the box is there that it lies in.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "test_holds", scope = PerEnvironment)]
#[reference(box_id, to = Crate, on_delete = Cascade)]
#[reference(item_id, to = Item, on_delete = Restrict)]
pub(crate) struct Hold {
    #[entity(id, max_len = 64)]
    pub(crate) id: String,
    #[entity(scope)]
    pub(crate) scope: Scope,
    #[entity(max_len = 64)]
    pub(crate) box_id: Option<String>,
    #[entity(max_len = 64)]
    pub(crate) item_id: String,
}

/// Refers to other rows of its own table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) next_id: Option<String>,
    pub(crate) twin_id: Option<String>,
}

impl Node {
    pub(crate) const NEXT_ID: Column<Self, Option<String>> = Column::new("next_id");
}

impl Entity for Node {
    type Scope = Global;
    type Id = String;

    const ID_COLUMN: Column<Self, String> = Column::new("id");

    fn table() -> &'static TableDef {
        static TABLE: LazyLock<TableDef> = LazyLock::new(|| {
            TableDef::new("test_nodes", ScopeLevel::Global, ColumnDef::new("id", ColumnType::Text).max_len(64))
                .column(ColumnDef::new("next_id", ColumnType::Text).max_len(64).nullable())
                .column(ColumnDef::new("twin_id", ColumnType::Text).max_len(64).nullable())
                .reference("next_id", "test_nodes", ScopeLevel::Global, "id", OnDelete::Restrict)
                .reference("twin_id", "test_nodes", ScopeLevel::Global, "id", OnDelete::Restrict)
        });
        &TABLE
    }

    fn entity_id(&self) -> String {
        self.id.clone()
    }

    fn scope_key(&self) {}

    fn to_row(&self) -> Row {
        vec![self.id.to_value(), self.next_id.to_value(), self.twin_id.to_value()]
    }

    fn from_row(row: Row) -> Result<Self, StoreError> {
        let mut reader = RowReader::new(Self::table(), row);
        Ok(Self { id: reader.read()?, next_id: reader.read()?, twin_id: reader.read()? })
    }
}

pub(crate) fn node(id: &str, next_id: Option<&str>) -> Node {
    Node { id: id.to_owned(), next_id: next_id.map(str::to_owned), twin_id: None }
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
        small: 0,
        flag: true,
        data: serde_json::json!({"half": 0.5}),
        at: Some(Timestamp::EPOCH),
        deleted_at: None,
    }
}

pub(crate) fn boxed(id: &str) -> Crate {
    Crate { id: id.to_owned(), scope: scope() }
}

pub(crate) fn hold(id: &str, item_id: &str) -> Hold {
    Hold { id: id.to_owned(), scope: scope(), box_id: None, item_id: item_id.to_owned() }
}

pub(crate) fn group() -> MigrationGroup {
    let tables = [Crate::table(), Item::table(), Hold::table(), Node::table()];
    let make = tables.into_iter().cloned().map(Operation::CreateTable).collect();
    MigrationGroup {
        name: "test".to_owned(),
        depends_on: Vec::new(),
        migrations: vec![Migration::new(1, "make_tables", make)],
    }
}

pub(crate) async fn migrate(store: &SqliteStore) -> MigrationReport {
    let clock = ManualClock::at(Timestamp::EPOCH);
    Migrator::new(store.migrations(), &[group()], &clock).unwrap().up().await.unwrap()
}

pub(crate) async fn memory_store() -> SqliteStore {
    let store = SqliteStore::in_memory().await.unwrap();
    migrate(&store).await;
    store
}

pub(crate) fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("test.db").display())
}

/// A store that gives up soon.
pub(crate) async fn hasty_store(folder: &Path) -> SqliteStore {
    let clock = Arc::new(ManualClock::at(Timestamp::EPOCH));
    SqliteStore::builder(&url(folder))
        .busy_timeout(Duration::from_millis(50))
        .acquire_timeout(Duration::from_millis(200))
        .migration_timeout(Duration::from_millis(200))
        .clock(clock)
        .connect()
        .await
        .unwrap()
}
