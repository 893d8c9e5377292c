//! A server that goes and comes back, and one that speaks TLS.

use std::time::{Duration, Instant};

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::store::Store;
use authsome_store_pg::PgStore;
use authsome_test_servers::{Durability, Postgres};

use crate::common::{Item, Scratch, ask, item, migrate, run, scope};

const SOON: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_store_outlives_its_server() {
    let mut server = Postgres::start(Durability::Durable).unwrap();
    let store = PgStore::builder(&server.url()).acquire_timeout(SOON).connect().await.unwrap();
    migrate(&store).await;
    let tx = store.begin().await.unwrap();
    item("lost").insert(&scope(), &*tx).await.unwrap();
    server.kill().unwrap();
    let commit = tx.commit().await;
    assert!(matches!(commit, Err(StoreError::Unavailable { .. })), "{commit:?}");
    for _ in 0..3 {
        let began = Instant::now();
        let outcome = item("a").insert(&scope(), &store).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
        assert!(matches!(store.begin().await.map(|_| ()), Err(StoreError::Unavailable { .. })));
        assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
        assert!(began.elapsed() < 6 * SOON);
    }
    server.start_again().unwrap();
    item("a").insert(&scope(), &store).await.unwrap();
    assert_eq!(Item::find(&scope()).all(&store).await.unwrap(), [item("a")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_while_nobody_used_them_are_replaced_unnoticed() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let held = [store.begin().await.unwrap(), store.begin().await.unwrap(), store.begin().await.unwrap()];
    drop(held);
    scratch.disconnect_all().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for id in ["a", "b", "c", "d"] {
        item(id).insert(&scope(), &store).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_only_where_its_certificate_is() {
    let server = Postgres::start(Durability::Fast).unwrap();
    let store = PgStore::connect(&server.url()).await.unwrap();
    let make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout server.key -out server.crt 2>openssl.log; chmod 600 server.key";
    run(&store, &format!("COPY (SELECT 1) TO PROGRAM 'cat; {make}'")).await;
    run(&store, "ALTER SYSTEM SET ssl = on").await;
    run(&store, "SELECT pg_reload_conf()").await;
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, ask(&store, "SELECT pg_read_file('server.crt')").await).unwrap();
    let authority = authority.display();
    let url = |host: &str, parameters: &str| server.url().replace("127.0.0.1", host) + "?" + parameters;
    let connect = async |url: String| PgStore::builder(&url).acquire_timeout(4 * SOON).connect().await;
    // The server reads its settings again soon after it is asked to.
    let began = Instant::now();
    while connect(url("localhost", "sslmode=require")).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the server does not speak TLS");
    }
    let trusting = url("localhost", &format!("sslmode=verify-full&sslrootcert={authority}"));
    let store = connect(trusting).await.unwrap();
    assert_eq!(ask(&store, "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await, "true");
    connect(url("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={authority}"))).await.unwrap();
    for refused in [
        url("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={authority}")),
        url("localhost", "sslmode=verify-full"),
        url("localhost", "sslmode=verify-ca"),
    ] {
        let connected = connect(refused.clone()).await;
        assert!(matches!(connected, Err(StoreError::Unavailable { .. })), "{refused}: {connected:?}");
    }
}
