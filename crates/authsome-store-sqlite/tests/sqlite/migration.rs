//! The schema on disk, its history and its lock.

use std::sync::Arc;

use authsome_core::clock::ManualClock;
use authsome_core::entity::Entity;
use authsome_core::migration::{Down, LiveColumn, MigrateError, Migration, Operation, RunBy, Step};
use authsome_core::schema::{ColumnDef, IndexDef, Schema, ScopeLevel, TableDef};
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::value::ColumnType;
use authsome_migrate::{DownTo, Migrator, StepRef};
use authsome_store_sqlite::SqliteStore;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::common::{Crate, Hold, Item, group, hasty_store, item, memory_store, migrate, scope};

fn step(operations: Vec<Operation>, before: Schema) -> Step {
    Step { group: "test".to_owned(), version: 1, name: "make".to_owned(), checksum: "c".to_owned(), operations, before }
}

fn added(version: u32, operation: Operation) -> Migration {
    Migration::new(version, "add", vec![operation])
}

async fn schema_sql(store: &SqliteStore) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name LIKE 'test_%' ORDER BY rowid";
    let rows = store.connection().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by(0).unwrap()).collect()
}

#[tokio::test]
async fn the_statements_of_a_small_table_are_these() {
    let store = SqliteStore::in_memory().await.unwrap();
    let mut before = Schema::default();
    before.apply(&Operation::CreateTable(Crate::table().clone())).unwrap();
    let mut hold = Hold::table().clone();
    hold.columns.push(ColumnDef::new("until", ColumnType::Time).nullable());
    hold.references.pop();
    let hold = hold
        .index(IndexDef::unique("test_holds_item_key", &["app_id", "env_id", "item_id"]).only_where_null("until"))
        .index(IndexDef::plain("test_holds_until_idx", &["until"]));
    let rendered = store.migrations().render(&step(vec![Operation::CreateTable(hold)], before)).unwrap();
    let expected = [
        r#"CREATE TABLE "test_holds" ( "app_id" text NOT NULL, "env_id" text NOT NULL, "id" text NOT NULL, "box_id" text NULL, "item_id" text NOT NULL, "until" integer_ms NULL, CONSTRAINT "test_holds_pkey" PRIMARY KEY ("app_id", "env_id", "id"), FOREIGN KEY ("app_id", "env_id", "box_id") REFERENCES "test_boxes" ("app_id", "env_id", "id") ON DELETE CASCADE ) WITHOUT ROWID"#,
        r#"CREATE UNIQUE INDEX "test_holds_item_key" ON "test_holds" ("app_id", "env_id", "item_id") WHERE "until" IS NULL"#,
        r#"CREATE INDEX "test_holds_until_idx" ON "test_holds" ("until")"#,
        "ANALYZE sqlite_schema",
        r#"INSERT INTO "sqlite_stat1" ("tbl", "idx", "stat") VALUES ('test_holds', 'test_holds', '1000000 1000000 1000000 1'), ('test_holds', 'test_holds_item_key', '1000000 1000000 1000000 1'), ('test_holds', 'test_holds_until_idx', '1000000 10')"#,
        "ANALYZE sqlite_schema",
    ];
    assert_eq!(rendered, expected);
}

#[tokio::test]
async fn what_is_rendered_is_what_is_run() {
    let store = memory_store().await;
    let operations = group().migrations.into_iter().flat_map(|migration| migration.up).collect();
    let rendered = store.migrations().render(&step(operations, Schema::default())).unwrap();
    let made: Vec<String> = rendered.into_iter().filter(|sql| sql.starts_with("CREATE ")).collect();
    assert_eq!(schema_sql(&store).await, made);
}

#[tokio::test]
async fn the_live_schema_is_recognized() {
    let store = memory_store().await;
    let names: Vec<String> = ["test_items", "test_missing", "test_holds"].map(str::to_owned).to_vec();
    let live = store.migrations().introspect(&names).await.unwrap();
    assert_eq!(live.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["test_items", "test_holds"]);
    for (table, declared) in live.iter().zip([Item::table(), Hold::table()]) {
        let columns: Vec<LiveColumn> = declared
            .columns
            .iter()
            .map(|column| LiveColumn { name: column.name.clone(), ty: Some(column.ty), nullable: column.nullable })
            .collect();
        assert_eq!(table.columns, columns);
        assert_eq!(table.indexes, declared.indexes);
        assert_eq!(table.references, declared.references);
        assert_eq!(table.primary_key, declared.primary_key());
        assert_eq!(table.surprises, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_no_declaration_makes_is_a_surprise() {
    let store = SqliteStore::in_memory().await.unwrap();
    let made = r#""id" text NOT NULL, "up" text REFERENCES "t" ("id"), PRIMARY KEY ("id")"#;
    let index = r#"CREATE INDEX "t_up_idx" ON "t" ("up")"#;
    let table = |columns: &str, index: &str| format!(r#"CREATE TABLE "t" ({columns}) WITHOUT ROWID; {index}"#);
    let live = async |sql: String| {
        store.connection().execute_unprepared(&sql).await.unwrap();
        let live = store.migrations().introspect(&["t".to_owned()]).await.unwrap().remove(0);
        store.connection().execute_unprepared(r#"DROP TABLE "t""#).await.unwrap();
        (live.primary_key, live.surprises.len())
    };
    let id = vec!["id".to_owned()];
    assert_eq!(live(table(made, index)).await, (id.clone(), 0));
    let two = made.replace(r#"PRIMARY KEY ("id")"#, r#"UNIQUE ("id"), PRIMARY KEY ("up", "id")"#);
    assert_eq!(live(table(&two, index)).await, (vec!["up".to_owned(), "id".to_owned()], 1));
    for (what, sql, surprises) in [
        ("row ids", table(made, index).replace("WITHOUT ROWID", ""), 1),
        ("a collation of a column", table(&made.replace("\"up\" text", "\"up\" text COLLATE NOCASE"), index), 2),
        ("a collation of an index", table(made, &index.replace("(\"up\")", "(\"up\" COLLATE NOCASE)")), 1),
        ("an order", table(made, &index.replace("(\"up\")", "(\"up\" DESC)")), 1),
        ("another unique key", table(&made.replace("PRIMARY", "UNIQUE (\"up\"), PRIMARY"), index), 1),
        ("another deletion", table(&made.replace("(\"id\"),", "(\"id\") ON DELETE SET NULL,"), index), 1),
        ("a check", table(&made.replace("PRIMARY", "CHECK (\"up\" > 'a'), PRIMARY"), index), 1),
        ("a deferred one", table(&made.replace("(\"id\"),", "(\"id\") DEFERRABLE INITIALLY DEFERRED,"), index), 1),
        ("a settled conflict", table(&format!("{made} ON CONFLICT REPLACE"), index), 1),
    ] {
        assert_eq!(live(sql).await, (id.clone(), surprises), "{what}");
    }
}

#[tokio::test]
async fn core_and_plugins_migrate_in_one_run_and_the_database_is_as_declared() {
    let store = SqliteStore::in_memory().await.unwrap();
    let report = store.migrate(&[group()]).await.unwrap();
    assert!(report.applied.len() >= 2, "{report:?}");
    assert!(store.migrate(&[group()]).await.unwrap().applied.is_empty());
    let clock = ManualClock::at(Timestamp::EPOCH);
    let groups = [authsome_core::registry::migrations(), group()];
    let migrator = Migrator::new(store.migrations(), &groups, &clock).unwrap();
    assert_eq!(migrator.verify().await.unwrap(), []);
}

#[tokio::test]
async fn reading_the_history_makes_nothing() {
    let store = SqliteStore::in_memory().await.unwrap();
    assert_eq!(store.migrations().history().await.unwrap(), None);
    assert_eq!(store.migrations().history().await.unwrap(), None);
    migrate(&store).await;
    let history = store.migrations().history().await.unwrap().unwrap();
    let applied: Vec<(&str, u32, &str)> =
        history.iter().map(|step| (step.group.as_str(), step.version, step.name.as_str())).collect();
    assert_eq!(applied, [("test", 1, "make_tables")]);
    assert!(history.iter().all(|step| step.applied_at == Timestamp::EPOCH && step.duration_ms == 0));
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing_of_its_run() {
    let store = SqliteStore::in_memory().await.unwrap();
    let clock = ManualClock::at(Timestamp::EPOCH);
    let run = RunBy { program: "test", clock: &clock };
    let fine = step(vec![Operation::CreateTable(Crate::table().clone())], Schema::default());
    let statements = [(store.migrations().dialect(), "CREATE NONSENSE".to_owned())].into();
    let broken = Step { version: 2, ..step(vec![Operation::Raw { statements }], Schema::default()) };
    let mut session = store.migrations().begin().await.unwrap();
    assert!(session.apply(&[fine, broken], &run).await.is_err());
    assert!(session.finish().await.is_err());
    assert_eq!(schema_sql(&store).await, Vec::<String>::new());
    assert_eq!(store.migrations().history().await.unwrap(), None);
}

#[tokio::test]
async fn a_step_that_is_not_in_the_history_is_not_taken_back() {
    let store = memory_store().await;
    store.connection().execute_unprepared("DELETE FROM authsome_migrations").await.unwrap();
    let mut session = store.migrations().begin().await.unwrap();
    let statements = [(store.migrations().dialect(), "DROP TABLE test_items".to_owned())].into();
    let drop = step(vec![Operation::Raw { statements }], Schema::default());
    let taken_back = session.revert(&[drop]).await;
    assert!(matches!(&taken_back, Err(MigrateError::NotApplied { version: 1, .. })), "{taken_back:?}");
    assert!(!store.migrations().introspect(&["test_items".to_owned()]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_session_that_is_dropped_leaves_nothing_and_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let store = hasty_store(folder.path()).await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let run = RunBy { program: "test", clock: &clock };
    let mut session = store.migrations().begin().await.unwrap();
    let make = step(vec![Operation::CreateTable(Crate::table().clone())], Schema::default());
    session.apply(&[make], &run).await.unwrap();
    drop(session);
    assert_eq!(store.migrations().history().await.unwrap(), None);
    migrate(&store).await;
}

#[tokio::test]
async fn a_run_that_waits_too_long_for_another_one_is_locked_out() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (hasty_store(folder.path()).await, hasty_store(folder.path()).await);
    let held = one.migrations().begin().await.unwrap();
    assert!(matches!(two.migrations().begin().await, Err(MigrateError::Locked)));
    drop(held);
    migrate(&two).await;
}

#[tokio::test]
async fn columns_and_indexes_come_and_go_with_the_rows_in_place() {
    let store = Arc::new(memory_store().await);
    item("a").insert(&scope(), &*store).await.unwrap();
    let clock = ManualClock::at(Timestamp::EPOCH);
    let mut group = group();
    let column = ColumnDef::new("note", ColumnType::Text).max_len(64).nullable();
    let index = IndexDef::plain("test_items_note_idx", &["app_id", "env_id", "note"]);
    let table = "test_items".to_owned();
    group.migrations.push(added(2, Operation::AddColumn { table: table.clone(), column }));
    group.migrations.push(added(3, Operation::CreateIndex { table: table.clone(), index }));
    group.migrations.push(Migration {
        version: 4,
        name: "drop".to_owned(),
        up: vec![
            Operation::DropIndex { table: table.clone(), index: "test_items_note_idx".to_owned() },
            Operation::DropColumn { table, column: "note".to_owned() },
        ],
        down: Down::Irreversible,
    });
    let to = |version| StepRef { group: "test".to_owned(), version };
    let migrator = Migrator::new(store.migrations(), std::slice::from_ref(&group), &clock).unwrap();
    migrator.up_to(&to(3)).await.unwrap();
    let live = store.migrations().introspect(&["test_items".to_owned()]).await.unwrap();
    let live = live.first().unwrap();
    assert!(live.columns.iter().any(|column| column.name == "note" && column.nullable));
    assert!(live.indexes.iter().any(|index| index.name == "test_items_note_idx" && !index.unique));
    assert_eq!(Item::find(&scope()).count(&*store).await.unwrap(), 1);
    migrator.up().await.unwrap();
    let live = store.migrations().introspect(&["test_items".to_owned()]).await.unwrap();
    assert!(!live.first().unwrap().columns.iter().any(|column| column.name == "note"));
    assert_eq!(Item::find(&scope()).one(&*store).await.unwrap(), Some(item("a")));
}

#[tokio::test]
async fn a_step_is_taken_back_with_its_row_in_the_history() {
    let store = memory_store().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let migrator = Migrator::new(store.migrations(), &[group()], &clock).unwrap();
    migrator.down(&DownTo::LastStep).await.unwrap();
    assert_eq!(schema_sql(&store).await, Vec::<String>::new());
    assert_eq!(store.migrations().history().await.unwrap(), Some(Vec::new()));
    migrate(&store).await;
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_reference_whose_name_sqlite_cannot_give_back_is_refused() {
    let store = SqliteStore::in_memory().await.unwrap();
    let mut table: TableDef = Hold::table().clone();
    table.references.truncate(1);
    if let Some(reference) = table.references.first_mut() {
        reference.name = "another_name".to_owned();
    }
    let mut before = Schema::default();
    before.apply(&Operation::CreateTable(Crate::table().clone())).unwrap();
    let refused = store.migrations().render(&step(vec![Operation::CreateTable(table)], before));
    assert!(matches!(refused, Err(MigrateError::Store(_))), "{refused:?}");
}

#[tokio::test]
async fn a_table_that_is_too_wide_for_one_statement_is_refused() {
    let store = SqliteStore::in_memory().await.unwrap();
    let wide = |columns: usize| {
        let id = ColumnDef::new("id", ColumnType::Text).max_len(64);
        let table = TableDef::new("test_wide", ScopeLevel::Global, id);
        (1..columns).fold(table, |table, number| table.column(ColumnDef::new(format!("c{number}"), ColumnType::Int)))
    };
    let render = |columns| {
        store.migrations().render(&step(vec![Operation::CreateTable(wide(columns))], Schema::default())).map(|_| ())
    };
    render(65).unwrap();
    assert!(matches!(render(66), Err(MigrateError::Store(_))));
}
