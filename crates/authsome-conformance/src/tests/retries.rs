//! Transactions are run again where contention made them fail, wherever it was met.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::store::{MAX_ATTEMPTS, Store, Transactions};

use super::bent::{Bent, BentStore};
use super::bug::{Bug, Call};
use crate::backend::prepare;
use crate::fixture::{Item, Sample, homes};

async fn store(bug: Bug) -> Arc<BentStore> {
    let store = Bent(bug).store();
    prepare(store.as_ref()).await.unwrap();
    store
}

/// Inserts an item in a transaction; how often the closure ran, and what came of it.
async fn insert(store: &BentStore) -> (u32, Result<(), StoreError>) {
    let runs = AtomicU32::new(0);
    let home = homes()[0];
    let done = store.transaction(|tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        async move { Item::sample(&home, 1).insert(&home.scope, tx.as_ref()).await }
    });
    let done = done.await;
    (runs.load(Ordering::SeqCst), done)
}

async fn items(store: &BentStore) -> u64 {
    Item::find(&homes()[0].scope).count(store).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn contention_at_commit_runs_the_closure_again() {
    for times in [0, 1, 5, MAX_ATTEMPTS - 1] {
        let store = store(Bug::Contention(Call::Commit, Arc::new(AtomicU32::new(times)))).await;
        let (runs, done) = insert(&store).await;
        done.unwrap();
        assert_eq!(runs, times + 1);
        assert_eq!(items(&store).await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn contention_of_a_verb_runs_the_closure_again() {
    // Preparing a store inserts outside of transactions, so the count is set afterwards.
    let left = Arc::new(AtomicU32::new(0));
    let store = store(Bug::Contention(Call::Insert, Arc::clone(&left))).await;
    left.store(3, Ordering::SeqCst);
    let (runs, done) = insert(&store).await;
    done.unwrap();
    assert_eq!((runs, items(&store).await), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn contention_at_begin_is_tried_again_before_the_closure_runs() {
    let store = store(Bug::Contention(Call::Begin, Arc::new(AtomicU32::new(3)))).await;
    let (runs, done) = insert(&store).await;
    done.unwrap();
    assert_eq!((runs, items(&store).await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn contention_without_end_is_reported_and_leaves_nothing() {
    let store = store(Bug::Contention(Call::Commit, Arc::new(AtomicU32::new(u32::MAX)))).await;
    let (runs, done) = insert(&store).await;
    assert!(done.unwrap_err().is_transient());
    assert_eq!((runs, items(&store).await), (MAX_ATTEMPTS, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_commit_is_reported_at_once() {
    let store = store(Bug::CommitIsUnavailable).await;
    let (runs, done) = insert(&store).await;
    assert!(matches!(done, Err(StoreError::Unavailable { .. })));
    assert_eq!((runs, items(&store).await), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_with_a_bug_is_closed_like_any_other() {
    let store = store(Bug::Nothing).await;
    store.close().await.unwrap();
    assert!(store.ping().await.is_err());
}
