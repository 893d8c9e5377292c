//! Transactions: isolation, and how they end.

use std::time::Duration;

use crate::common::{Item, item, memory_store, scope};
use authsome_core::entity::Entity;
use authsome_core::error::{AbortReason, StoreError};
use authsome_core::store::Store;

fn ended<T: std::fmt::Debug>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Aborted { reason: AbortReason::Ended }))
}

#[tokio::test]
async fn others_see_nothing_of_a_transaction_before_its_commit() {
    let store = memory_store().await;
    let tx = store.begin().await.unwrap();
    item("a").insert(&scope(), &*tx).await.unwrap();
    assert_eq!(Item::find(&scope()).count(&*tx).await.unwrap(), 1);
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_lets_the_next_writer_in_at_once() {
    let store = memory_store().await;
    for _ in 0..20 {
        let tx = store.begin().await.unwrap();
        item("a").insert(&scope(), &*tx).await.unwrap();
        drop(tx);
    }
    tokio::time::timeout(Duration::from_secs(2), item("a").insert(&scope(), &store)).await.unwrap().unwrap();
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn a_conflict_ends_a_transaction_and_frees_the_writer() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let tx = store.begin().await.unwrap();
    item("b").insert(&scope(), &*tx).await.unwrap();
    let conflict = item("a").insert(&scope(), &*tx).await.unwrap_err();
    assert!(conflict.is_conflict_on("test_items_pkey"), "{conflict:?}");
    // The transaction is still in scope, but its lock is gone.
    item("c").insert(&scope(), &store).await.unwrap();
    assert!(ended(&Item::find(&scope()).count(&*tx).await));
    assert!(ended(&item("d").insert(&scope(), &*tx).await));
    assert!(ended(&Item::find(&scope()).filter(Item::ID.eq("a")).touch(&*tx).await));
    assert!(ended(&tx.commit().await));
    assert!(ended(&tx.rollback().await));
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 2);
}

#[tokio::test]
async fn a_row_that_is_missing_does_not_end_a_transaction() {
    let store = memory_store().await;
    let tx = store.begin().await.unwrap();
    let missing = Item::delete(&scope()).by_id(&"a".to_owned(), &*tx).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    assert!(item("b").insert_if_absent(&scope(), &*tx).await.unwrap());
    assert!(!item("b").insert_if_absent(&scope(), &*tx).await.unwrap());
    tx.commit().await.unwrap();
    assert!(ended(&tx.commit().await));
    assert!(ended(&Item::find(&scope()).count(&*tx).await));
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn a_verb_that_is_dropped_in_the_middle_ends_its_transaction() {
    let store = memory_store().await;
    let many: Vec<Item> = (0..500).map(|number| item(&format!("i{number}"))).collect();
    // SQLite works on a thread of its own and may be done before it is asked for the first time.
    let mut dropped_in_the_middle = false;
    while !dropped_in_the_middle {
        let tx = store.begin().await.unwrap();
        item("a").insert(&scope(), &*tx).await.unwrap();
        {
            let scope = scope();
            let mut insert = std::pin::pin!(Item::insert_all(&many, &scope, &*tx));
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(insert.as_mut().poll(context))).await;
            dropped_in_the_middle = polled.is_pending();
        }
        if dropped_in_the_middle {
            assert!(ended(&tx.commit().await));
        }
    }
    item("c").insert(&scope(), &store).await.unwrap();
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn touching_says_whether_the_row_is_there() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let tx = store.begin().await.unwrap();
    assert!(Item::find(&scope()).filter(Item::ID.eq("a")).touch(&*tx).await.unwrap());
    assert!(!Item::find(&scope()).filter(Item::ID.eq("b")).touch(&*tx).await.unwrap());
    tx.commit().await.unwrap();
}
