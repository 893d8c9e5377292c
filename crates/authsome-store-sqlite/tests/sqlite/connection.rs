//! Opening, closing and sharing a database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::common::{Crate, Item, boxed, hasty_store, item, memory_store, migrate, scope, url};
use authsome_core::entity::Entity;
use authsome_core::error::{AbortReason, StoreError};
use authsome_core::store::{Store, Transactions};
use authsome_store_sqlite::SqliteStore;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    TransactionTrait,
};

async fn pragma(store: &SqliteStore, name: &str) -> String {
    let statement =
        Statement::from_string(DbBackend::Sqlite, format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
    store.connection().query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap()
}

#[tokio::test]
async fn the_writer_is_durable_and_holds_references() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::connect(&url(folder.path())).await.unwrap();
    assert_eq!(pragma(&store, "journal_mode").await, "wal");
    assert_eq!(pragma(&store, "synchronous").await, "2");
    assert_eq!(pragma(&store, "foreign_keys").await, "1");
    let statement = Statement::from_string(DbBackend::Sqlite, "SELECT timeout FROM pragma_busy_timeout");
    let timeout: i64 = store.connection().query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap();
    assert_eq!(timeout, 5_000);
}

#[tokio::test]
async fn a_file_that_is_missing_is_made_and_one_in_no_folder_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::connect(&url(folder.path())).await.unwrap();
    assert!(folder.path().join("test.db").exists());
    let error = SqliteStore::connect(&url(&folder.path().join("missing"))).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.db"), "this is no database, and long enough to be one".repeat(100))
        .unwrap();
    let error = SqliteStore::connect(&url(folder.path())).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_url_that_names_no_file_is_invalid() {
    for url in ["postgres://localhost/db", "sqlite:", "sqlite://?mode=rwc", ""] {
        let error = SqliteStore::connect(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn nothing_shows_the_connection_string() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(folder.path());
    let shown = format!("{:?} {:?}", SqliteStore::builder(&url), SqliteStore::connect(&url).await.unwrap());
    assert!(!shown.contains("test.db"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_memory_is_one_database_for_all_tasks_and_another_for_each_store() {
    let (store, other) = (Arc::new(memory_store().await), memory_store().await);
    let tasks = (0..20).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { item(&format!("i{number:02}")).insert(&scope(), &*store).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(Item::find(&scope()).count(&*store).await.unwrap(), 20);
    assert_eq!(Item::find(&scope()).count(&other).await.unwrap(), 0);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let store = memory_store().await;
    store.ping().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(Item::find(&scope()).count(&store).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(item("a").insert(&scope(), &store).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(store.begin().await.map(|_| ()), Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_store_closes_although_a_transaction_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = hasty_store(folder.path()).await;
    let _tx = store.begin().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_others_writes() {
    let folder = tempfile::tempdir().unwrap();
    let connect = async || SqliteStore::connect(&url(folder.path())).await.unwrap();
    let (one, two) = (connect().await, connect().await);
    migrate(&one).await;
    item("a").insert(&scope(), &one).await.unwrap();
    item("b").insert(&scope(), &two).await.unwrap();
    for store in [&one, &two] {
        assert_eq!(Item::find(&scope()).count(store).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn to_a_writer_that_finds_the_file_locked_for_too_long_it_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (hasty_store(folder.path()).await, hasty_store(folder.path()).await);
    migrate(&one).await;
    let tx = one.begin().await.unwrap();
    let write = item("a").insert(&scope(), &two).await.unwrap_err();
    assert!(matches!(write, StoreError::Unavailable { .. }), "{write:?}");
    let begin = two.begin().await.map(|_| ()).unwrap_err();
    assert!(matches!(begin, StoreError::Unavailable { .. }), "{begin:?}");
    // Another task of the same store waits in the same way.
    let same = item("a").insert(&scope(), &one).await.unwrap_err();
    assert!(matches!(same, StoreError::Unavailable { .. }), "{same:?}");
    assert_eq!(Item::find(&scope()).count(&two).await.unwrap(), 0);
    tx.rollback().await.unwrap();
    item("a").insert(&scope(), &two).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_of_several_stores_on_one_file_lose_no_increment() {
    let folder = tempfile::tempdir().unwrap();
    let first = SqliteStore::connect(&url(folder.path())).await.unwrap();
    migrate(&first).await;
    item("a").insert(&scope(), &first).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = SqliteStore::connect(&url(folder.path())).await.unwrap();
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                store
                    .transaction(|tx| async move {
                        let found = Item::find(&scope()).filter(Item::ID.eq("a")).one(&*tx).await?.unwrap();
                        let count = found.count + 1;
                        Item::update(&scope()).filter(Item::ID.eq("a")).set(Item::COUNT, count).one(&*tx).await
                    })
                    .await
                    .unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(Item::find(&scope()).one(&first).await.unwrap().unwrap().count, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_stores_that_start_at_once_on_a_new_file_migrate_it_once() {
    // What SQLite refuses without waiting depends on the moment, so there are many.
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let url = url(folder.path());
        let starts = (0..10).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = SqliteStore::connect(&url).await.unwrap();
                migrate(&store).await.applied.len()
            })
        });
        let mut applied = 0;
        for start in starts.collect::<Vec<_>>() {
            applied += start.await.unwrap();
        }
        assert_eq!(applied, 1);
    }
}

/// Keeps a file that is not in WAL mode from being put in it, until it is dropped.
async fn kept_out_of_wal(folder: &Path) -> DatabaseTransaction {
    let other = Database::connect(format!("{}?mode=rwc", url(folder))).await.unwrap();
    other.execute_unprepared("CREATE TABLE other (id)").await.unwrap();
    let reading = other.begin().await.unwrap();
    reading.execute_unprepared("SELECT id FROM other").await.unwrap();
    reading
}

#[tokio::test]
async fn a_file_that_stays_locked_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let _other = kept_out_of_wal(folder.path()).await;
    let builder = SqliteStore::builder(&url(folder.path())).busy_timeout(Duration::from_millis(100));
    let error = builder.connect().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_the_store_works_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (hasty_store(folder.path()).await, hasty_store(folder.path()).await);
    migrate(&store).await;
    let set_pages = |pages: i64| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let connection = store.connection().clone();
        async move { connection.execute_unprepared(&sql).await.unwrap() }
    };
    set_pages(1).await;
    let tx = store.begin().await.unwrap();
    // One row at a time: SQLite takes back a statement of several rows alone, but for one row the whole transaction.
    let mut filled = Ok(());
    for number in 0..1_000 {
        filled = boxed(&format!("box-{number}")).insert(&scope(), &*tx).await;
        if filled.is_err() {
            break;
        }
    }
    assert!(matches!(filled, Err(StoreError::Unavailable { .. })), "{filled:?}");
    assert!(matches!(tx.commit().await, Err(StoreError::Aborted { reason: AbortReason::Ended })));
    drop(tx);
    // A connection has its own limit, so one that was replaced has none.
    set_pages(1_000_000).await;
    let tx = store.begin().await.unwrap();
    let kept_out = boxed("a").insert(&scope(), &other).await.unwrap_err();
    assert!(matches!(kept_out, StoreError::Unavailable { .. }), "{kept_out:?}");
    boxed("b").insert(&scope(), &*tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(Crate::find(&scope()).count(&other).await.unwrap(), 1);
}

/// What an application sets on its connections.
type Settings = fn(SqliteConnectOptions) -> SqliteConnectOptions;

/// A pool that an application opened, with these settings.
async fn pool_of_an_application(url: &str, settings: Settings) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(4).map_sqlx_sqlite_opts(move |options| settings(options.create_if_missing(true)));
    Database::connect(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_on_an_applications_pool_serves_many_tasks_in_the_file_that_it_shares() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool_of_an_application(&url(folder.path()), |options| {
        options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(30))
    })
    .await;
    pool.execute_unprepared("CREATE TABLE own (a)").await.unwrap();
    let store = Arc::new(SqliteStore::from_connection(pool.clone()).await.unwrap());
    migrate(&store).await;
    let tasks = (0..20).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            store.transaction(|tx| async move { item(&format!("i{number:02}")).insert(&scope(), &*tx).await }).await
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(Item::find(&scope()).count(&*store).await.unwrap(), 20);
    pool.execute_unprepared("INSERT INTO own VALUES (1)").await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_pool_that_loses_references_or_does_not_wait_is_refused_and_says_what_to_set() {
    let refused: [(Settings, &str); 3] = [
        (|options| options.journal_mode(SqliteJournalMode::Wal).foreign_keys(false), "foreign_keys"),
        (|options| options.journal_mode(SqliteJournalMode::Delete), "journal_mode"),
        (|options| options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::ZERO), "busy_timeout"),
    ];
    for (settings, named) in refused {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool_of_an_application(&url(folder.path()), settings).await;
        let error = SqliteStore::from_connection(pool).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { why, .. } if why.contains(named)), "{error:?}");
    }
}

#[tokio::test]
async fn a_pool_of_one_connection_is_refused_since_a_read_beside_a_transaction_would_wait_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = ConnectOptions::new(url(folder.path()));
    options.max_connections(1).map_sqlx_sqlite_opts(|options| options.create_if_missing(true));
    let pool = Database::connect(options).await.unwrap();
    let error = SqliteStore::from_connection(pool).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { why, .. } if why.contains("max_connections")), "{error:?}");
}
