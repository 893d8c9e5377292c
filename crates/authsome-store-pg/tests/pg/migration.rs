//! The schema in the catalog, its history and its lock.

use std::time::Duration;

use authsome_core::clock::ManualClock;
use authsome_core::entity::Entity;
use authsome_core::migration::{LiveColumn, MigrateError, Migration, Operation, RunBy, Step};
use authsome_core::schema::{ColumnDef, IndexDef, Schema};
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::value::ColumnType;
use authsome_migrate::Migrator;
use authsome_store_pg::PgStore;

use crate::common::{Crate, Item, Scratch, ask, group, item, migrate, run, scope};

fn step(operations: Vec<Operation>, before: Schema) -> Step {
    Step { group: "test".to_owned(), version: 1, name: "make".to_owned(), checksum: "c".to_owned(), operations, before }
}

fn added(version: u32, operation: Operation) -> Migration {
    Migration::new(version, "add", vec![operation])
}

#[tokio::test]
async fn the_statements_of_a_table_are_these() {
    let scratch = Scratch::new().await;
    let store = scratch.store().await;
    let mut before = Schema::default();
    before.apply(&Operation::CreateTable(Crate::table().clone())).unwrap();
    let rendered = store.migrations().render(&step(vec![Operation::CreateTable(Item::table().clone())], before));
    let expected = [
        r#"CREATE TABLE "test_items" ( "app_id" text COLLATE "C" NOT NULL, "env_id" text COLLATE "C" NOT NULL, "id" text COLLATE "C" NOT NULL, "box_id" text COLLATE "C" NULL, "shelf_id" text COLLATE "C" NULL, "slug" text COLLATE "C" NOT NULL, "code" bytea NOT NULL, "count" bigint NOT NULL, "flag" boolean NOT NULL, "data" json NOT NULL, "at" timestamptz(3) NULL, "deleted_at" timestamptz(3) NULL, CONSTRAINT "test_items_pkey" PRIMARY KEY ("app_id", "env_id", "id"), CONSTRAINT "test_items_box_id_fkey" FOREIGN KEY ("app_id", "env_id", "box_id") REFERENCES "test_boxes" ("app_id", "env_id", "id") ON DELETE CASCADE, CONSTRAINT "test_items_shelf_id_fkey" FOREIGN KEY ("app_id", "env_id", "shelf_id") REFERENCES "test_boxes" ("app_id", "env_id", "id") ON DELETE NO ACTION )"#,
        r#"CREATE UNIQUE INDEX "test_items_slug_key" ON "test_items" ("app_id", "env_id", "slug") WHERE "deleted_at" IS NULL"#,
        r#"CREATE UNIQUE INDEX "test_items_code_key" ON "test_items" ("code")"#,
        r#"CREATE INDEX "test_items_at_idx" ON "test_items" ("app_id", "env_id", "at")"#,
    ];
    assert_eq!(rendered.unwrap(), expected);
}

#[tokio::test]
async fn the_live_schema_is_recognized() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let names: Vec<String> = ["test_items", "test_missing", "test_boxes"].map(str::to_owned).to_vec();
    let live = store.migrations().introspect(&names).await.unwrap();
    assert_eq!(live.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["test_items", "test_boxes"]);
    for (table, declared) in live.iter().zip([Item::table(), Crate::table()]) {
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
async fn a_change_behind_its_back_is_seen_by_verify() {
    let scratch = Scratch::new().await;
    let store = scratch.store().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    store.migrate(&[group()]).await.unwrap();
    let groups = [authsome_core::registry::migrations(), group()];
    let migrator = Migrator::new(store.migrations(), &groups, &clock).unwrap();
    assert_eq!(migrator.verify().await.unwrap(), []);
    let reference = "ALTER TABLE test_items ADD CONSTRAINT test_items_box_id_fkey FOREIGN KEY \
        (app_id, env_id, box_id) REFERENCES test_boxes (app_id, env_id, id)";
    let shelf = reference.replace("box_id", "shelf_id");
    for (change, undo) in [
        ("DROP INDEX test_items_at_idx", "CREATE INDEX test_items_at_idx ON test_items (app_id, env_id, at)"),
        (
            "DROP INDEX test_items_code_key; CREATE INDEX test_items_code_key ON test_items (code)",
            "DROP INDEX test_items_code_key; CREATE UNIQUE INDEX test_items_code_key ON test_items (code)",
        ),
        (
            "DROP INDEX test_items_slug_key; \
             CREATE UNIQUE INDEX test_items_slug_key ON test_items (app_id, env_id, slug)",
            "DROP INDEX test_items_slug_key; \
             CREATE UNIQUE INDEX test_items_slug_key ON test_items (app_id, env_id, slug) WHERE deleted_at IS NULL",
        ),
        ("ALTER TABLE test_items DROP CONSTRAINT test_items_box_id_fkey", &format!("{reference} ON DELETE CASCADE")),
        (
            &format!("ALTER TABLE test_items DROP CONSTRAINT test_items_shelf_id_fkey; {shelf} ON DELETE SET NULL"),
            &format!("ALTER TABLE test_items DROP CONSTRAINT test_items_shelf_id_fkey; {shelf} ON DELETE NO ACTION"),
        ),
        (
            "ALTER TABLE test_items ALTER COLUMN slug TYPE text COLLATE \"default\"",
            "ALTER TABLE test_items ALTER COLUMN slug TYPE text COLLATE \"C\"",
        ),
        (
            "ALTER TABLE test_items ALTER COLUMN at TYPE timestamptz",
            "ALTER TABLE test_items ALTER at TYPE timestamptz(3)",
        ),
        ("ALTER TABLE test_items ALTER slug DROP NOT NULL", "ALTER TABLE test_items ALTER slug SET NOT NULL"),
        (
            "ALTER TABLE test_items DROP CONSTRAINT test_items_pkey; \
             ALTER TABLE test_items ADD CONSTRAINT test_items_pkey PRIMARY KEY (env_id, app_id, id)",
            "ALTER TABLE test_items DROP CONSTRAINT test_items_pkey; \
             ALTER TABLE test_items ADD CONSTRAINT test_items_pkey PRIMARY KEY (app_id, env_id, id)",
        ),
        ("ALTER TABLE test_items SET UNLOGGED", "ALTER TABLE test_items SET LOGGED"),
        ("ALTER TABLE test_items ENABLE ROW LEVEL SECURITY", "ALTER TABLE test_items DISABLE ROW LEVEL SECURITY"),
        (
            "DROP INDEX test_items_code_key; \
             CREATE UNIQUE INDEX test_items_code_key ON test_items (code) NULLS NOT DISTINCT",
            "DROP INDEX test_items_code_key; CREATE UNIQUE INDEX test_items_code_key ON test_items (code)",
        ),
        (
            "DROP INDEX test_items_at_idx; \
             CREATE INDEX test_items_at_idx ON test_items USING brin (app_id, env_id, at)",
            "DROP INDEX test_items_at_idx; CREATE INDEX test_items_at_idx ON test_items (app_id, env_id, at)",
        ),
        (
            "DROP INDEX test_items_at_idx; CREATE INDEX test_items_at_idx ON test_items (app_id, env_id, at DESC)",
            "DROP INDEX test_items_at_idx; CREATE INDEX test_items_at_idx ON test_items (app_id, env_id, at)",
        ),
        (
            "DROP INDEX test_items_at_idx; \
             CREATE INDEX test_items_at_idx ON test_items (app_id COLLATE \"default\", env_id, at)",
            "DROP INDEX test_items_at_idx; CREATE INDEX test_items_at_idx ON test_items (app_id, env_id, at)",
        ),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'test_items_at_idx'::regclass",
            "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'test_items_at_idx'::regclass",
        ),
        (
            "ALTER TABLE test_items ALTER CONSTRAINT test_items_box_id_fkey DEFERRABLE",
            "ALTER TABLE test_items ALTER CONSTRAINT test_items_box_id_fkey NOT DEFERRABLE",
        ),
        (
            &format!(
                "ALTER TABLE test_items DROP CONSTRAINT test_items_box_id_fkey; {reference} ON DELETE CASCADE NOT VALID"
            ),
            "ALTER TABLE test_items VALIDATE CONSTRAINT test_items_box_id_fkey",
        ),
        (
            &format!(
                "ALTER TABLE test_items DROP CONSTRAINT test_items_box_id_fkey; \
                 {} ON DELETE CASCADE",
                reference.replace("(app_id, env_id, id)", "(app_id, env_id, id) MATCH FULL")
            ),
            &format!("ALTER TABLE test_items DROP CONSTRAINT test_items_box_id_fkey; {reference} ON DELETE CASCADE"),
        ),
        ("ALTER TABLE test_items DISABLE TRIGGER ALL", "ALTER TABLE test_items ENABLE TRIGGER ALL"),
        ("ALTER TABLE test_items ADD CONSTRAINT few CHECK (count < 5)", "ALTER TABLE test_items DROP CONSTRAINT few"),
    ] {
        run(&store, change).await;
        assert_ne!(migrator.verify().await.unwrap(), [], "{change}");
        run(&store, undo).await;
        assert_eq!(migrator.verify().await.unwrap(), [], "{undo}");
    }
}

#[tokio::test]
async fn reading_the_history_makes_nothing() {
    let scratch = Scratch::new().await;
    let store = scratch.store().await;
    assert_eq!(store.migrations().history().await.unwrap(), None);
    let mut session = store.migrations().begin().await.unwrap();
    assert_eq!(session.history().await.unwrap(), []);
    session.finish().await.unwrap();
    assert_eq!(store.migrations().history().await.unwrap(), None);
    migrate(&store).await;
    let history = store.migrations().history().await.unwrap().unwrap();
    let applied: Vec<(&str, u32, &str)> =
        history.iter().map(|step| (step.group.as_str(), step.version, step.name.as_str())).collect();
    assert_eq!(applied, [("test", 1, "make_tables")]);
}

#[tokio::test]
async fn a_later_step_that_fails_leaves_those_before_it() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let mut group = group();
    let column = |name: &str| ColumnDef::new(name, ColumnType::Int).nullable();
    let add = |name: &str| Operation::AddColumn { table: "test_boxes".to_owned(), column: column(name) };
    group.migrations.push(added(2, add("two")));
    group.migrations.push(added(3, add("three")));
    run(&store, "ALTER TABLE test_boxes ADD COLUMN three bigint").await;
    let migrator = Migrator::new(store.migrations(), std::slice::from_ref(&group), &clock).unwrap();
    assert!(migrator.up().await.is_err());
    assert_eq!(store.migrations().history().await.unwrap().unwrap().len(), 2);
    run(&store, "ALTER TABLE test_boxes DROP COLUMN three").await;
    assert_eq!(migrator.up().await.unwrap().applied, ["test/3 add"]);
}

#[tokio::test]
async fn a_run_that_waits_too_long_for_another_one_is_locked_out() {
    let scratch = Scratch::new().await;
    let (one, two) = (scratch.store().await, scratch.hasty().await);
    let held = one.migrations().begin().await.unwrap();
    assert!(matches!(two.migrations().begin().await, Err(MigrateError::Locked)));
    drop(held);
    migrate(&two).await;
}

#[tokio::test]
async fn the_lock_is_gone_with_its_connection() {
    let scratch = Scratch::new().await;
    let (one, two) = (scratch.store().await, scratch.hasty().await);
    let mut held = one.migrations().begin().await.unwrap();
    scratch.disconnect_all().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    migrate(&two).await;
    assert!(held.history().await.is_err());
    assert!(held.finish().await.is_err());
}

/// Ends the connection that holds the lock of migrations, and waits until it has.
const LOSE_LOCK: &str = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks \
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

fn raw(store: &PgStore, statement: &str) -> Operation {
    Operation::Raw { statements: [(store.migrations().dialect(), statement.to_owned())].into() }
}

#[tokio::test]
async fn a_run_that_lost_its_lock_applies_no_further_step() {
    let scratch = Scratch::new().await;
    let store = scratch.store().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let by = RunBy { program: "test", clock: &clock };
    let mut session = store.migrations().begin().await.unwrap();
    run(&store, LOSE_LOCK).await;
    // What the step does would be seen: it is not rolled back.
    run(&store, "CREATE SEQUENCE tried").await;
    let tell = step(vec![raw(&store, "SELECT nextval('tried')")], Schema::default());
    let lost = session.apply(&[tell], &by).await;
    assert!(matches!(lost, Err(MigrateError::LockLost)), "{lost:?}");
    assert_eq!(ask(&store, "SELECT is_called::text FROM tried").await, "false");
    assert!(session.finish().await.is_err());
}

#[tokio::test]
async fn a_run_that_loses_its_lock_during_a_step_leaves_nothing_of_it() {
    let scratch = Scratch::new().await;
    let store = scratch.store().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let by = RunBy { program: "test", clock: &clock };
    let make = Operation::CreateTable(Crate::table().clone());
    let lose = || raw(&store, LOSE_LOCK);
    let mut session = store.migrations().begin().await.unwrap();
    let lost = session.apply(&[step(vec![make.clone(), lose()], Schema::default())], &by).await;
    assert!(matches!(lost, Err(MigrateError::LockLost)), "{lost:?}");
    assert_eq!(store.migrations().history().await.unwrap(), None);
    assert_eq!(store.migrations().introspect(&["test_boxes".to_owned()]).await.unwrap(), []);

    let mut session = store.migrations().begin().await.unwrap();
    session.apply(&[step(vec![make], Schema::default())], &by).await.unwrap();
    session.finish().await.unwrap();
    let mut session = store.migrations().begin().await.unwrap();
    let lost = session.revert(&[step(vec![lose()], Schema::default())]).await;
    assert!(matches!(lost, Err(MigrateError::LockLost)), "{lost:?}");
    assert_eq!(store.migrations().history().await.unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn the_time_limits_of_a_server_end_no_run() {
    let scratch = Scratch::new().await;
    let outside = scratch.store().await;
    for limit in ["idle_in_transaction_session_timeout", "statement_timeout"] {
        run(&outside, &format!("ALTER DATABASE {} SET {limit} = 200", scratch.name)).await;
    }
    let store = scratch.store().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let by = RunBy { program: "test", clock: &clock };
    let mut session = store.migrations().begin().await.unwrap();
    session.apply(&[step(vec![raw(&store, "SELECT pg_sleep(0.6)")], Schema::default())], &by).await.unwrap();
    session.finish().await.unwrap();
}

#[tokio::test]
async fn a_step_that_is_not_in_the_history_is_not_taken_back() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    run(&store, "DELETE FROM authsome_migrations").await;
    let mut session = store.migrations().begin().await.unwrap();
    let drop = Operation::DropTable { table: "test_items".to_owned() };
    let mut before = Schema::default();
    for table in [Crate::table(), Item::table()] {
        before.apply(&Operation::CreateTable(table.clone())).unwrap();
    }
    let taken_back = session.revert(&[step(vec![drop], before)]).await;
    assert!(matches!(&taken_back, Err(MigrateError::NotApplied { version: 1, .. })), "{taken_back:?}");
    item("a").insert(&scope(), &store).await.unwrap();
}

#[tokio::test]
async fn runs_in_two_schemas_of_a_database_do_not_wait_for_each_other() {
    let scratch = Scratch::new().await;
    let one = scratch.store().await;
    run(&one, "CREATE SCHEMA auth").await;
    let two = PgStore::builder(&format!("{}?options=-c%20search_path%3Dauth", scratch.url))
        .migration_timeout(Duration::from_millis(300))
        .connect()
        .await
        .unwrap();
    let held = one.migrations().begin().await.unwrap();
    assert_eq!(migrate(&two).await.applied.len(), 1);
    held.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_stores_that_start_at_once_on_a_new_database_migrate_it_once() {
    let scratch = Scratch::new().await;
    let mut starts = Vec::new();
    for _ in 0..10 {
        let url = scratch.url.clone();
        starts.push(tokio::spawn(async move {
            let store = PgStore::builder(&url).max_connections(1).connect().await.unwrap();
            migrate(&store).await.applied.len()
        }));
    }
    let mut applied = 0;
    for start in starts {
        applied += start.await.unwrap();
    }
    assert_eq!(applied, 1);
}

#[tokio::test]
async fn a_step_does_not_wait_for_ever_for_a_transaction_that_uses_its_table() {
    let scratch = Scratch::new().await;
    let (store, hasty) = (scratch.migrated().await, scratch.hasty().await);
    item("a").insert(&scope(), &store).await.unwrap();
    let user = store.begin().await.unwrap();
    assert_eq!(Item::find(&scope()).count(&*user).await.unwrap(), 1);
    let clock = ManualClock::at(Timestamp::EPOCH);
    let run = RunBy { program: "test", clock: &clock };
    let mut before = Schema::default();
    for table in [Crate::table(), Item::table()] {
        before.apply(&Operation::CreateTable(table.clone())).unwrap();
    }
    let column = ColumnDef::new("note", ColumnType::Text).max_len(64).nullable();
    let add = Operation::AddColumn { table: "test_items".to_owned(), column };
    let add = Step { version: 2, ..step(vec![add], before) };
    let mut session = hasty.migrations().begin().await.unwrap();
    let waited = session.apply(std::slice::from_ref(&add), &run).await;
    assert!(matches!(&waited, Err(MigrateError::Store(error)) if error.is_transient()), "{waited:?}");
    user.rollback().await.unwrap();
    let mut session = hasty.migrations().begin().await.unwrap();
    session.apply(&[add], &run).await.unwrap();
    session.finish().await.unwrap();
}

#[tokio::test]
async fn columns_and_indexes_come_and_go_under_a_store_that_keeps_statements_prepared() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    for id in ["a", "b", "c"] {
        item(id).insert(&scope(), &store).await.unwrap();
        Item::find(&scope()).filter(Item::ID.eq(id)).one(&store).await.unwrap();
    }
    let other = scratch.store().await;
    let clock = ManualClock::at(Timestamp::EPOCH);
    let mut group = group();
    let table = "test_items".to_owned();
    let column = ColumnDef::new("note", ColumnType::Text).max_len(64).nullable();
    let index = IndexDef::plain("test_items_note_idx", &["app_id", "env_id", "note"]);
    group.migrations.push(added(2, Operation::AddColumn { table: table.clone(), column }));
    group.migrations.push(added(3, Operation::CreateIndex { table: table.clone(), index }));
    Migrator::new(other.migrations(), std::slice::from_ref(&group), &clock).unwrap().up().await.unwrap();
    let found = Item::find(&scope()).filter(Item::ID.eq("a")).one(&store).await.unwrap();
    assert_eq!(found, Some(item("a")));
}
