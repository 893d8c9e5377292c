//! Snapshots, turns, ends.

use std::sync::Arc;
use std::time::Duration;

use authsome_core::entity::Entity;
use authsome_core::error::{AbortReason, StoreError};
use authsome_core::id::OrganizationId;
use authsome_core::records::Records;
use authsome_core::store::{Store, StoreTx, Transactions};

use super::fixtures::*;

async fn how_many(records: &(impl Records + ?Sized)) -> u64 {
    Shelf::find(&scope(1)).count(records).await.unwrap()
}

fn has_ended<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Aborted { reason: AbortReason::Ended }))
}

#[tokio::test]
async fn others_see_nothing_before_the_commit_and_everything_after_it() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    for number in 0..3 {
        shelf(&here, number).insert(&here, &*tx).await.unwrap();
        assert_eq!((how_many(&*tx).await, how_many(&store).await), (u64::try_from(number).unwrap() + 1, 0));
    }
    tx.commit().await.unwrap();
    assert_eq!(how_many(&store).await, 3);
}

#[tokio::test]
async fn a_dropped_or_rolled_back_transaction_leaves_nothing_and_lets_the_next_one_in() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    shelf(&here, 1).insert(&here, &*tx).await.unwrap();
    drop(tx);
    let tx = store.begin().await.unwrap();
    shelf(&here, 1).insert(&here, &*tx).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(has_ended(&tx.commit().await));
    assert!(has_ended(&Shelf::find(&here).count(&*tx).await));
    shelf(&here, 1).insert(&here, &store).await.unwrap();
    assert_eq!(how_many(&store).await, 1);
}

#[tokio::test]
async fn a_conflict_ends_a_transaction_and_lets_the_next_one_in() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    shelf(&here, 1).insert(&here, &*tx).await.unwrap();
    let again = shelf(&here, 1).insert(&here, &*tx).await;
    assert!(again.unwrap_err().is_conflict_on("test_shelves_pkey"));
    // The next writer is let in although the ended transaction is still there.
    shelf(&here, 2).insert(&here, &store).await.unwrap();
    assert!(has_ended(&shelf(&here, 3).insert(&here, &*tx).await));
    assert!(has_ended(&tx.commit().await));
    assert!(has_ended(&tx.rollback().await));
    assert_eq!(how_many(&store).await, 1);
}

#[tokio::test]
async fn a_row_that_is_not_there_and_a_request_that_is_refused_do_not_end_a_transaction() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    shelf(&here, 1).insert(&here, &*tx).await.unwrap();
    let missing = Shelf::delete(&here).by_id(&id(2), &*tx).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    assert!(!shelf(&here, 1).insert_if_absent(&here, &*tx).await.unwrap());
    let touched = |number: i64| Shelf::find(&here).filter(Shelf::ID.eq(id::<OrganizationId>(number))).touch(&*tx);
    assert!(touched(1).await.unwrap());
    assert!(!touched(2).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(how_many(&store).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_waits_too_long_meets_contention() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    assert!(shelf(&here, 1).insert(&here, &store).await.unwrap_err().is_transient());
    assert!(store.begin().await.err().unwrap().is_transient());
    assert_eq!(how_many(&store).await, 0);
    tx.commit().await.unwrap();
    shelf(&here, 1).insert(&here, &store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_transactions_at_once_none_loses_an_update() {
    let store = store().await;
    let here = scope(1);
    Shelf { place: Some(0), ..shelf(&here, 1) }.insert(&here, &store).await.unwrap();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let work = |tx: Arc<dyn StoreTx>| async move {
                    let shelf = Shelf::find(&scope(1)).one(&*tx).await?.unwrap();
                    tokio::task::yield_now().await;
                    let place = shelf.place.map(|place| place + 1);
                    Shelf::update(&scope(1))
                        .filter(Shelf::ID.eq(shelf.id))
                        .set(Shelf::PLACE, place)
                        .existing(&*tx)
                        .await
                };
                store.transaction(work).await
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(Shelf::find(&here).one(&store).await.unwrap().unwrap().place, Some(50));
}

#[tokio::test]
async fn a_closed_store_is_unavailable_to_all() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    shelf(&here, 1).insert(&here, &*tx).await.unwrap();
    store.ping().await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(Shelf::find(&here).all(&store).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(Shelf::find(&here).all(&*tx).await, Err(StoreError::Unavailable { .. })));
    assert!(has_ended(&tx.commit().await));
    assert!(matches!(shelf(&here, 1).insert(&here, &store).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(store.begin().await.err(), Some(StoreError::Unavailable { .. })));
    assert!(store.migrate(&[]).await.is_err());
}

#[tokio::test]
async fn what_a_closed_store_is_sent_is_not_committed() {
    let store = store().await;
    let tx = store.begin().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_caller_that_gives_up_waiting_does_not_keep_the_turn() {
    let store = store().await;
    let here = scope(1);
    let tx = store.begin().await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(1), store.begin()).await;
    assert!(waiting.is_err());
    tx.commit().await.unwrap();
    shelf(&here, 1).insert(&here, &store).await.unwrap();
}
