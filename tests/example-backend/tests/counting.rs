//! What the counting wrapper adds to the store inside.

use std::sync::Arc;

use authsome_conformance::prepare;
use authsome_core::app::App;
use authsome_core::clock::SystemClock;
use authsome_core::entity::Entity;
use authsome_core::error::{Cause, StoreError};
use authsome_core::store::{Store, Transactions};
use authsome_example_backend::{Counting, ExampleStore, Tally};

async fn store() -> Result<Counting<ExampleStore>, Cause> {
    let store = Counting::new(Arc::new(ExampleStore::new(Arc::new(SystemClock))));
    prepare(&store).await?;
    Ok(store)
}

fn calls(store: &Counting<ExampleStore>, verb: &str) -> Tally {
    store.tallies().get(verb).copied().unwrap_or_default()
}

#[tokio::test]
async fn calls_are_counted_inside_transactions_too() {
    let store = store().await.unwrap();
    let before = calls(&store, "count").calls;
    App::find(()).count(&store).await.unwrap();
    let inside = store.transaction(|tx| async move { App::find(()).count(tx.as_ref()).await });
    inside.await.unwrap();
    assert_eq!(calls(&store, "count").calls, before + 2);
    assert_eq!(calls(&store, "commit"), Tally { calls: 1, failures: 0 });
}

#[tokio::test]
async fn an_error_is_counted_and_comes_out_as_it_was() {
    let store = store().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(App::find(()).count(&store).await, Err(StoreError::Unavailable { .. })));
    assert_eq!(calls(&store, "count").failures, 1);
    assert_eq!(calls(&store, "close"), Tally { calls: 1, failures: 0 });
}
