//! Servers whose settings would take away what a store promises.

use std::time::Duration;

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::migration::MigrateError;
use authsome_core::store::Store;
use authsome_store_pg::PgStore;
use sea_orm::Database;

use crate::common::{Item, Scratch, ask, item, migrate, run, scope};

/// Settings, as the URL says them, that make a database invalid.
const INVALID: [(&str, &str); 4] = [
    ("synchronous_commit", "off"),
    ("default_transaction_isolation", "serializable"),
    ("default_transaction_isolation", "repeatable%5C%20read"),
    ("session_replication_role", "replica"),
];

impl Scratch {
    fn with(&self, setting: &str, value: &str) -> String {
        format!("{}?options=-c%20{setting}%3D{value}", self.url)
    }
}

/// Much more than it takes to be refused, and much less than the store would wait for a connection.
async fn at_once<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.unwrap()
}

async fn connect(url: &str) -> Result<PgStore, StoreError> {
    at_once(PgStore::builder(url).acquire_timeout(Duration::from_secs(300)).connect()).await
}

#[tokio::test]
async fn a_setting_that_takes_away_what_a_store_promises_is_invalid_by_its_name() {
    let scratch = Scratch::new().await;
    for (setting, value) in INVALID {
        match connect(&scratch.with(setting, value)).await {
            Err(StoreError::Invalid { what, .. }) => assert!(what.contains(setting), "{what}"),
            other => panic!("{setting} = {value}: {other:?}"),
        }
    }
    for (setting, value) in
        [("synchronous_commit", "local"), ("default_transaction_isolation", "read%5C%20uncommitted")]
    {
        connect(&scratch.with(setting, value)).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_only_reads_is_unavailable() {
    let scratch = Scratch::new().await;
    let refused = connect(&scratch.with("default_transaction_read_only", "on")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_pool_of_the_program_is_looked_at_by_a_ping_and_by_migrations() {
    let scratch = Scratch::new().await;
    for (setting, value) in INVALID {
        let pool = Database::connect(scratch.with(setting, value)).await.unwrap();
        let store = PgStore::from_connection(pool).unwrap();
        assert!(matches!(store.ping().await, Err(StoreError::Invalid { .. })), "{setting}");
        let invalid = |error| matches!(error, Some(MigrateError::Store(StoreError::Invalid { .. })));
        assert!(invalid(store.migrate(&[]).await.err()), "{setting}");
        assert!(invalid(store.migrations().begin().await.err()), "{setting}");
        assert_eq!(ask(&store, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'").await, "0");
    }
}

#[tokio::test]
async fn each_new_connection_is_looked_at() {
    let scratch = Scratch::new().await;
    let (outside, soon) = (scratch.store().await, Duration::from_secs(2));
    let store = PgStore::builder(&scratch.url).acquire_timeout(soon).connect().await.unwrap();
    migrate(&outside).await;
    let open = store.begin().await.unwrap();
    run(&outside, &format!("ALTER DATABASE {} SET synchronous_commit = off", scratch.name)).await;
    let mut held = vec![open];
    let refused = loop {
        match store.begin().await {
            Ok(another) if held.len() < 10 => held.push(another),
            outcome => break outcome.map(|_| ()),
        }
    };
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert!(held.len() < 10, "the pool is not full");
    item("a").insert(&scope(), &*held[0]).await.unwrap();
    held[0].commit().await.unwrap();
    assert_eq!(Item::find(&scope()).count(&outside).await.unwrap(), 1);
}
