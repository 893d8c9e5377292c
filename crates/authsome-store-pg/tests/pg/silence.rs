//! A network that swallows packets.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::store::Store;
use authsome_store_pg::PgStore;

use crate::common::{Item, Scratch, item, migrate, scope};

/// A way to the server on which connections can fall silent without being closed.
struct Way {
    port: u16,
    /// How often they did. One that was opened before the last time is silent.
    falls: Arc<AtomicU32>,
}

impl Way {
    fn to(server: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let falls = Arc::new(AtomicU32::new(0));
        let way = Self { port, falls: Arc::clone(&falls) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to, falls) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&falls));
                    thread::spawn(move || carry(from, to, &falls));
                }
            }
        });
        way
    }

    fn fall_silent(&self) {
        self.falls.fetch_add(1, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, falls: &AtomicU32) {
    let opened = falls.load(Ordering::SeqCst);
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if falls.load(Ordering::SeqCst) == opened && to.write_all(&bytes[..read]).is_err() {
            return;
        }
    }
    if falls.load(Ordering::SeqCst) == opened {
        let _ = to.shutdown(Shutdown::Both);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_fell_silent_do_not_keep_the_pool() {
    let scratch = Scratch::new().await;
    let (_, address) = scratch.url.split_once('@').unwrap();
    let (address, _) = address.split_once('/').unwrap();
    let way = Way::to(address.to_owned());
    let builder = PgStore::builder(&scratch.url.replace(address, &format!("127.0.0.1:{}", way.port)));
    let soon = Duration::from_millis(300);
    let store = builder.max_connections(2).acquire_timeout(soon).statement_timeout(soon).connect().await.unwrap();
    migrate(&store).await;
    let tx = store.begin().await.unwrap();
    item("lost").insert(&scope(), &*tx).await.unwrap();
    way.fall_silent();
    let outcome = item("a").insert(&scope(), &store).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    drop(tx);
    let began = Instant::now();
    while item("b").insert(&scope(), &store).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the pool is kept by connections that do not answer");
    }
    assert!(Item::find(&scope()).filter(Item::ID.eq("lost")).one(&store).await.unwrap().is_none());
}
