//! Connecting, closing, and how long a call waits.

use std::task::Poll;
use std::time::{Duration, Instant};

use crate::common::{Item, Scratch, in_server, item, migrate, run, scope, server};
use authsome_core::entity::Entity;
use authsome_core::error::{AbortReason, StoreError};
use authsome_core::store::Store;
use authsome_store_pg::PgStore;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend, Statement, TransactionTrait};

fn is_unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable { .. }))
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_within_the_acquire_timeout() {
    let began = Instant::now();
    let builder = PgStore::builder("postgres://nobody:hunter2@127.0.0.1:1/none");
    let connected = builder.acquire_timeout(Duration::from_millis(200)).connect().await;
    assert!(is_unavailable(&connected), "{connected:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(!format!("{connected:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let connected = PgStore::connect(&in_server(&server(), "authsome_none_of_this_name")).await;
    assert!(is_unavailable(&connected), "{connected:?}");
}

#[tokio::test]
async fn a_url_of_another_database_is_invalid() {
    for url in ["sqlite:authsome.db", "mongodb://localhost/authsome", ""] {
        let error = PgStore::connect(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn nothing_shows_the_connection_string() {
    let scratch = Scratch::new().await;
    let url = scratch.url.replace("postgres@", "postgres:hunter2@");
    let store = PgStore::connect(&url).await.unwrap();
    let shown = format!("{:?} {store:?}", PgStore::builder(&url));
    assert!(!shown.contains("hunter2") && !shown.contains(&scratch.name), "{shown}");
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    store.ping().await.unwrap();
    store.close().await.unwrap();
    assert!(is_unavailable(&store.ping().await));
    assert!(is_unavailable(&Item::find(&scope()).count(&store).await));
    assert!(is_unavailable(&item("a").insert(&scope(), &store).await));
    assert!(is_unavailable(&store.begin().await.map(|_| ())));
}

#[tokio::test]
async fn a_store_shares_the_pool_of_its_program() {
    let scratch = Scratch::new().await;
    let own = scratch.migrated().await;
    let store = PgStore::from_connection(own.connection().clone()).unwrap();
    item("a").insert(&scope(), &store).await.unwrap();
    assert_eq!(Item::find(&scope()).count(&own).await.unwrap(), 1);
    store.close().await.unwrap();
    assert!(is_unavailable(&own.ping().await));
}

#[tokio::test]
async fn a_pool_of_one_connection_is_refused_since_a_migration_would_wait_for_another() {
    let scratch = Scratch::new().await;
    let mut options = ConnectOptions::new(scratch.url.clone());
    options.max_connections(1);
    let pool = Database::connect(options).await.unwrap();
    let error = PgStore::from_connection(pool).unwrap_err();
    assert!(matches!(error, StoreError::Invalid { why, .. } if why.contains("max_connections")), "{error:?}");
}

#[tokio::test]
async fn the_tables_lie_in_the_schema_of_the_search_path() {
    let scratch = Scratch::new().await;
    let outside = scratch.migrated().await;
    run(&outside, "CREATE SCHEMA auth").await;
    let inside = PgStore::connect(&format!("{}?options=-c%20search_path%3Dauth", scratch.url)).await.unwrap();
    assert_eq!(inside.migrations().history().await.unwrap(), None);
    assert_eq!(inside.migrations().introspect(&["test_items".to_owned()]).await.unwrap(), []);
    assert_eq!(migrate(&inside).await.applied.len(), 1);
    item("a").insert(&scope(), &inside).await.unwrap();
    assert_eq!(Item::find(&scope()).count(&outside).await.unwrap(), 0);
    assert_eq!(inside.migrations().introspect(&["test_items".to_owned()]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_that_is_kept_waiting_for_too_long_is_unavailable_and_leaves_the_store_usable() {
    let scratch = Scratch::new().await;
    let (store, hasty) = (scratch.migrated().await, scratch.hasty().await);
    item("a").insert(&scope(), &store).await.unwrap();
    let update = || Item::update(&scope()).filter(Item::ID.eq("a")).increment(Item::COUNT, 1);
    let holder = store.begin().await.unwrap();
    update().one(&*holder).await.unwrap();
    assert!(is_unavailable(&update().one(&hasty).await));
    let tx = hasty.begin().await.unwrap();
    assert!(is_unavailable(&update().one(&*tx).await));
    assert!(matches!(tx.commit().await, Err(StoreError::Aborted { reason: AbortReason::Ended })));
    holder.rollback().await.unwrap();
    hasty.ping().await.unwrap();
    item("b").insert(&scope(), &hasty).await.unwrap();
}

#[tokio::test]
async fn the_timeout_of_a_transaction_stays_in_it() {
    let scratch = Scratch::new().await;
    let builder = PgStore::builder(&scratch.url).max_connections(2).statement_timeout(Duration::from_secs(7));
    let store = builder.connect().await.unwrap();
    store.begin().await.unwrap().commit().await.unwrap();
    // Both connections of the pool, whichever it was.
    for connection in [store.connection().begin().await.unwrap(), store.connection().begin().await.unwrap()] {
        for (setting, value) in [("statement_timeout", "0"), ("transaction_isolation", "read committed")] {
            let show = Statement::from_string(DbBackend::Postgres, format!("SHOW {setting}"));
            let shown: String = connection.query_one_raw(show).await.unwrap().unwrap().try_get_by(0).unwrap();
            assert_eq!(shown, value, "{setting}");
        }
    }
}

#[tokio::test]
async fn a_database_that_only_reads_is_unavailable_for_writes() {
    let scratch = Scratch::new().await;
    scratch.migrated().await;
    let url = format!("{}?options=-c%20default_transaction_read_only%3Don", scratch.url);
    let store = PgStore::from_connection(Database::connect(url).await.unwrap()).unwrap();
    assert!(is_unavailable(&item("a").insert(&scope(), &store).await));
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_without_tls_is_unavailable_where_tls_is_required() {
    for mode in ["require", "verify-ca", "verify-full"] {
        let connected = PgStore::connect(&format!("{}?sslmode={mode}", server())).await;
        assert!(is_unavailable(&connected), "{mode}: {connected:?}");
    }
    PgStore::connect(&format!("{}?sslmode=disable", server())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_begin_that_is_given_up_leaves_no_connection_in_a_transaction() {
    let scratch = Scratch::new().await;
    let store = PgStore::builder(&scratch.url).max_connections(2).connect().await.unwrap();
    migrate(&store).await;
    let other = PgStore::connect(&scratch.url).await.unwrap();
    for number in 0..100_u64 {
        let mut begin = std::pin::pin!(store.begin());
        // Given up after a few looks, so that it happens at every point of the way.
        for _ in 0..=number % 20 {
            let looked = std::future::poll_fn(|context| Poll::Ready(begin.as_mut().poll(context))).await;
            if looked.is_ready() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(1)).await;
        }
        let slug = format!("given-up-{number}");
        item(&slug).insert(&scope(), &store).await.unwrap();
        assert_eq!(Item::find(&scope()).count(&other).await.unwrap(), number + 1, "what was acknowledged is there");
    }
}
