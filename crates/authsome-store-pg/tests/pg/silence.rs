//! Networks that swallow packets, and servers' places that something else has taken.

use std::time::{Duration, Instant};

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::store::Store;
use authsome_store_pg::PgStore;

use crate::common::{Item, Scratch, item, migrate, scope};
use crate::way::{Way, Weather};

const SOON: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

#[track_caller]
fn is_unavailable<T>(outcome: Result<T, StoreError>) {
    let error = outcome.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

/// Inserts an item as soon as a connection is found that lives.
async fn insert_at_last(id: &str, store: &PgStore) {
    let began = Instant::now();
    loop {
        match item(id).insert(&scope(), store).await {
            // A try whose answer came too late was carried out.
            Ok(()) | Err(StoreError::Conflict { .. }) => return,
            Err(error) => {
                assert!(began.elapsed() < LONG, "the pool is kept by connections that are of no use: {error}");
            }
        }
    }
}

/// Leaves two connections in the pool that were used a moment ago: nobody asks first whether they live.
async fn rest_two(store: &PgStore) {
    let both = (store.begin().await.unwrap(), store.begin().await.unwrap());
    both.0.rollback().await.unwrap();
    both.1.rollback().await.unwrap();
    let began = Instant::now();
    while store.connection().get_postgres_connection_pool().num_idle() < 2 {
        assert!(began.elapsed() < LONG, "connections do not come back into the pool");
        tokio::time::sleep(SOON / 100).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_fell_silent_do_not_keep_the_pool() {
    let scratch = Scratch::new().await;
    let way = Way::to(&scratch);
    let store = way.store(SOON).max_connections(2).statement_timeout(SOON).connect().await.unwrap();
    migrate(&store).await;
    let tx = store.begin().await.unwrap();
    item("lost").insert(&scope(), &*tx).await.unwrap();
    way.turn(Weather::Silent);
    is_unavailable(item("a").insert(&scope(), &store).await);
    drop(tx);
    way.turn(Weather::Fair);
    insert_at_last("b", &store).await;
    assert!(Item::find(&scope()).filter(Item::ID.eq("lost")).one(&store).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_cannot_begin_keeps_neither_its_caller_nor_the_pool() {
    let scratch = Scratch::new().await;
    let way = Way::to(&scratch);
    let store = way.store(SOON).max_connections(2).statement_timeout(LONG).connect().await.unwrap();
    migrate(&store).await;
    rest_two(&store).await;
    way.turn(Weather::Silent);
    let began = Instant::now();
    let (one, other) = tokio::join!(store.begin(), store.begin());
    is_unavailable(one);
    is_unavailable(other);
    assert!(began.elapsed() < LONG / 3, "{:?}", began.elapsed());
    way.turn(Weather::Fair);
    insert_at_last("a", &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_answers_than_postgresql_the_database_is_unavailable() {
    let scratch = Scratch::new().await;
    let way = Way::to(&scratch);
    let store = way.store(SOON).connect().await.unwrap();
    migrate(&store).await;
    for weather in [
        Weather::Closed,
        // Closed when it is asked for TLS, in the handshake of TLS, and when the session starts.
        Weather::Answering(b""),
        Weather::Answering(b"S"),
        Weather::Answering(b"N"),
        // A server of something else, before and after it was asked for TLS.
        Weather::Answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        Weather::Answering(b"NHTTP/1.1 400 Bad Request\r\n\r\n"),
        Weather::Answering(b"SHTTP/1.1 400 Bad Request\r\n\r\n"),
        Weather::Answering(b"N\0\0\0\x05\0\0\0\0\x04"),
        // An authentication that nobody knows, an error that cannot be read, and a session that ends as it starts.
        Weather::Answering(b"NR\0\0\0\x08\0\0\0\x63"),
        Weather::Answering(b"NE\0\0\0\x06x\0"),
        Weather::Answering(b"NZ\0\0\0\x05I"),
    ] {
        let tx = store.begin().await.unwrap();
        item("lost").insert(&scope(), &*tx).await.unwrap();
        rest_two(&store).await;
        way.turn(weather);
        is_unavailable(tx.commit().await);
        for _ in 0..3 {
            is_unavailable(item("lost").insert(&scope(), &store).await);
            is_unavailable(Item::find(&scope()).all(&store).await);
            is_unavailable(store.begin().await);
            is_unavailable(store.ping().await);
        }
        is_unavailable(way.store(SOON).connect().await);
        way.turn(Weather::Fair);
        insert_at_last("a", &store).await;
        assert_eq!(Item::find(&scope()).all(&store).await.unwrap(), [item("a")], "{weather:?}");
        Item::delete(&scope()).by_id(&"a".to_owned(), &store).await.unwrap();
    }
}
