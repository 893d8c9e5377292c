//! Tables as migrations make and change them.

use authsome_core::clock::Clock;
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::migration::{Dialect, Down, MigrateError, Migration, MigrationGroup, Operation, RunBy, Step};
use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, Schema, ScopeLevel, TableDef};
use authsome_core::store::Store;
use authsome_core::value::ColumnType;
use authsome_migrate::Migrator;

use super::fixtures::*;
use crate::MemoryStore;

fn later(version: u32, up: Vec<Operation>) -> MigrationGroup {
    let mut group = group();
    group.migrations.push(Migration::new(version, "later", up));
    group
}

fn step(operations: Vec<Operation>) -> Step {
    Step {
        group: "test".to_owned(),
        version: 9,
        name: "step".to_owned(),
        checksum: String::new(),
        operations,
        before: Schema::default(),
    }
}

async fn run(store: &MemoryStore, operation: Operation) -> Result<(), MigrateError> {
    let clock = clock();
    let mut session = store.migrations().begin().await?;
    session.apply(&[step(vec![operation])], &RunBy { program: "test", clock: &clock as &dyn Clock }).await?;
    session.finish().await
}

#[tokio::test]
async fn migrating_makes_cores_tables_and_a_second_run_does_nothing() {
    let store = MemoryStore::with_clock(std::sync::Arc::new(clock()));
    assert_eq!(store.migrations().history().await.unwrap(), None);
    store.migrate(&[group()]).await.unwrap();
    let again = store.migrate(&[group()]).await.unwrap();
    assert!(again.applied.is_empty());
    let clock = clock();
    let groups = [authsome_core::registry::migrations(), group()];
    let migrator = Migrator::new(&store, &groups, &clock).unwrap();
    assert!(migrator.verify().await.unwrap().is_empty());
    assert!(migrator.schema().tables.contains_key("test_shelves"));
}

#[tokio::test]
async fn rows_live_on_when_columns_come_and_go() {
    let store = store().await;
    let here = scope(1);
    shelf(&here, 1).insert(&here, &store).await.unwrap();
    let table = || "test_shelves".to_owned();
    let grown = later(
        2,
        vec![Operation::AddColumn { table: table(), column: ColumnDef::new("colour", ColumnType::Text).nullable() }],
    );
    migrated(&store, std::slice::from_ref(&grown)).await;
    // An entity that does not know the new column reads and writes on.
    shelf(&here, 2).insert(&here, &store).await.unwrap();
    assert_eq!(Shelf::find(&here).all(&store).await.unwrap(), [shelf(&here, 2), shelf(&here, 1)]);
    let clock = clock();
    let migrator = Migrator::new(&store, &[grown], &clock).unwrap();
    let down = migrator.down(&authsome_migrate::DownTo::LastStep).await.unwrap();
    assert_eq!(down.reverted.len(), 1);
    assert_eq!(Shelf::find(&here).all(&store).await.unwrap(), [shelf(&here, 2), shelf(&here, 1)]);
}

#[tokio::test]
async fn a_table_may_have_its_columns_in_another_order_than_the_entity() {
    let store = MemoryStore::new();
    let mut reversed = Shelf::table().clone();
    reversed.columns.reverse();
    run(&store, Operation::CreateTable(reversed)).await.unwrap();
    let here = scope(1);
    let kept = Shelf { place: Some(4), expires_at: Some(at(3)), ..shelf(&here, 1) };
    kept.insert(&here, &store).await.unwrap();
    assert_eq!(Shelf::find(&here).filter(Shelf::PLACE.eq(4)).one(&store).await.unwrap(), Some(kept));
}

#[tokio::test]
async fn a_column_that_migrations_made_without_null_takes_none() {
    let store = MemoryStore::new();
    let mut strict = Shelf::table().clone();
    strict.columns.iter_mut().filter(|column| column.name == "place").for_each(|column| column.nullable = false);
    run(&store, Operation::CreateTable(strict)).await.unwrap();
    let here = scope(1);
    assert!(matches!(shelf(&here, 1).insert(&here, &store).await, Err(StoreError::Backend { .. })));
    Shelf { place: Some(1), ..shelf(&here, 1) }.insert(&here, &store).await.unwrap();
    let emptied = Shelf::update(&here).set(Shelf::PLACE, None).all(&store).await;
    assert!(matches!(emptied, Err(StoreError::Backend { .. })));
}

#[tokio::test]
async fn a_unique_index_is_refused_where_rows_agree_and_nothing_of_the_step_stays() {
    let store = store().await;
    let here = scope(1);
    let shelves = [shelf(&here, 1), shelf(&here, 2)];
    Shelf::insert_all(&shelves, &here, &store).await.unwrap();
    let index = IndexDef::unique("test_shelves_kind_key", &["app_id", "env_id", "kind"]);
    let create = Operation::CreateIndex { table: "test_shelves".to_owned(), index };
    let mut group = later(2, vec![Operation::DropTable { table: "test_loans".to_owned() }, create]);
    group.migrations[1].down = Down::Irreversible;
    let clock = clock();
    let up = Migrator::new(&store, &[group], &clock).unwrap().up().await;
    assert!(matches!(up, Err(MigrateError::Store(error)) if error.is_conflict_on("test_shelves_kind_key")));
    assert_eq!(store.migrations().history().await.unwrap().unwrap().len(), 1);
    assert_eq!(Loan::find(&here).count(&store).await.unwrap(), 0);
}

#[tokio::test]
async fn what_other_databases_refuse_is_refused_here() {
    let store = store().await;
    let misled = TableDef::new("test_misled", ScopeLevel::Global, ColumnDef::new("id", ColumnType::Text)).reference(
        "id",
        "test_shelves",
        ScopeLevel::Global,
        "slug",
        OnDelete::Cascade,
    );
    let refused = [
        Operation::Raw { statements: [(Dialect::new("memory"), "anything".to_owned())].into() },
        Operation::CreateTable(misled),
    ];
    for operation in refused {
        assert!(matches!(run(&store, operation.clone()).await, Err(MigrateError::Store(_))), "{operation:?}");
    }
    run(&store, Operation::Raw { statements: [(Dialect::new("sqlite"), "anything".to_owned())].into() }).await.unwrap();
}

#[tokio::test]
async fn a_run_that_does_not_finish_leaves_nothing_and_no_lock() {
    let store = MemoryStore::new();
    let clock = clock();
    let by = RunBy { program: "test", clock: &clock };
    let mut session = store.migrations().begin().await.unwrap();
    session.apply(&[step(vec![Operation::CreateTable(Shelf::table().clone())])], &by).await.unwrap();
    assert_eq!(session.history().await.unwrap().len(), 1);
    drop(session);
    assert_eq!(store.migrations().history().await.unwrap(), None);
    migrated(&store, &[group()]).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_too_long_says_that_another_holds_the_lock() {
    let store = MemoryStore::new();
    let _held = store.migrations().begin().await.unwrap();
    assert!(matches!(store.migrations().begin().await.err(), Some(MigrateError::Locked)));
}

#[tokio::test]
async fn a_plan_names_what_is_done() {
    let store = MemoryStore::new();
    let clock = clock();
    let plan = Migrator::new(&store, &[group()], &clock).unwrap().plan().await.unwrap();
    assert_eq!(plan.steps[0].statements.len(), 3);
}
