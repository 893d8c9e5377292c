//! Which constraint is reported, what a limit means beside others, and that errors show nothing of a row.

use crate::common::{Crate, Item, Scratch, ask, boxed, item, run, scope};
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_store_pg::PgStore;
use sea_orm::{ConnectionTrait, TransactionTrait};

fn conflict(error: StoreError) -> String {
    match error {
        StoreError::Conflict { constraint } => constraint,
        other => panic!("{other:?}"),
    }
}

fn reference(error: StoreError) -> String {
    match error {
        StoreError::Reference { constraint } => constraint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_first_declared_conflict_is_reported_whatever_postgresql_checks_first() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    run(
        &store,
        "DROP INDEX test_items_slug_key; \
         CREATE UNIQUE INDEX test_items_slug_key ON test_items (app_id, env_id, slug) WHERE deleted_at IS NULL",
    )
    .await;
    item("a").insert(&scope(), &store).await.unwrap();
    let both = Item { id: "b".to_owned(), ..item("a") };
    assert_eq!(conflict(both.insert(&scope(), &store).await.unwrap_err()), "test_items_slug_key");
    item("c").insert(&scope(), &store).await.unwrap();
    let update = Item::update(&scope()).filter(Item::ID.eq("c"));
    let update = update.set(Item::SLUG, "slug-a".to_owned()).set(Item::CODE, b"a".to_vec());
    assert_eq!(conflict(update.one(&store).await.unwrap_err()), "test_items_slug_key");
    let upsert = both.upsert(&scope()).increment(Item::COUNT, 1).run(&store).await;
    assert_eq!(conflict(upsert.unwrap_err()), "test_items_slug_key");
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 2);
}

#[tokio::test]
async fn the_first_declared_reference_is_reported_whatever_postgresql_checks_first() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    run(
        &store,
        "ALTER TABLE test_items DROP CONSTRAINT test_items_box_id_fkey; \
         ALTER TABLE test_items ADD CONSTRAINT test_items_box_id_fkey FOREIGN KEY (app_id, env_id, box_id) \
         REFERENCES test_boxes (app_id, env_id, id) ON DELETE CASCADE",
    )
    .await;
    let none = Some("none".to_owned());
    let both = Item { box_id: none.clone(), shelf_id: none, ..item("a") };
    assert_eq!(reference(both.insert(&scope(), &store).await.unwrap_err()), "test_items_box_id_fkey");
}

#[tokio::test]
async fn a_row_that_is_referred_to_is_kept() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    boxed("box").insert(&scope(), &store).await.unwrap();
    Item { shelf_id: Some("box".to_owned()), ..item("a") }.insert(&scope(), &store).await.unwrap();
    let kept = Crate::delete(&scope()).by_id(&"box".to_owned(), &store).await.unwrap_err();
    assert_eq!(reference(kept), "test_items_shelf_id_fkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_full_although_others_delete_beside_it() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let rows: Vec<Item> = (0..30).map(|number| item(&format!("i{number:02}"))).collect();
    Item::insert_all(&rows, &scope(), &store).await.unwrap();
    let other = store.begin().await.unwrap();
    assert_eq!(Item::delete(&scope()).batch(10, &*other).await.unwrap(), 10);
    let beside = tokio::spawn({
        let store = scratch.store().await;
        async move { Item::delete(&scope()).batch(15, &store).await }
    });
    // It may wait for the rows of the other one, or not have begun.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    other.commit().await.unwrap();
    assert_eq!(beside.await.unwrap().unwrap(), 15);
    assert_eq!(Item::delete(&scope()).batch(15, &store).await.unwrap(), 5);
}

#[tokio::test]
async fn a_plain_update_holds_its_predicate_against_what_a_concurrent_one_left() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let claim = || Item::update(&scope()).filter(Item::ID.eq("a")).filter(Item::COUNT.eq(0)).set(Item::COUNT, 1);
    let holder = store.begin().await.unwrap();
    assert!(claim().one(&*holder).await.unwrap().is_some());
    let beside = tokio::spawn({
        let store = scratch.store().await;
        async move { claim().one(&store).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    holder.commit().await.unwrap();
    assert_eq!(beside.await.unwrap().unwrap(), None);
}

#[tokio::test]
async fn an_error_shows_nothing_of_a_row() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let row = Item { slug: "hunter2".to_owned(), count: i64::MAX, ..item("a") };
    row.insert(&scope(), &store).await.unwrap();
    // The sum becomes null, about which PostgreSQL says the whole row.
    let error = row.upsert(&scope()).increment(Item::COUNT, 1).run(&store).await.unwrap_err();
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(!format!("{error:?} {error} {cause}").contains("hunter2"), "{error:?}");
    assert!(cause.contains("23502"), "{cause}");
}

#[tokio::test]
async fn a_table_that_was_not_made_is_an_error_of_the_backend() {
    let scratch = Scratch::new().await;
    let missing = Item::find(&scope()).count(&scratch.store().await).await;
    assert!(matches!(missing, Err(StoreError::Backend { .. })), "{missing:?}");
}

#[tokio::test]
async fn a_write_that_met_another_ones_is_contention() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let update = || Item::update(&scope()).filter(Item::ID.eq("a")).set(Item::AT, Some(Timestamp::MAX));
    let tx = store.begin().await.unwrap();
    update().one(&store).await.unwrap();
    let error = update().one(&*tx).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_a_deadlock_ended_runs_again() {
    let scratch = Scratch::new().await;
    let other = scratch.migrated().await;
    for id in ["a", "b"] {
        item(id).insert(&scope(), &other).await.unwrap();
    }
    // Whoever looks for a deadlock, once and after its own timeout, is the one that it ends.
    let victim = PgStore::connect(&format!("{}?options=-c%20deadlock_timeout%3D3s", scratch.url)).await.unwrap();
    let survivor = other.connection().begin().await.unwrap();
    let hold = "SET LOCAL deadlock_timeout = '1h'; UPDATE test_items SET count = count + 1 WHERE id = 'b'";
    survivor.execute_unprepared(hold).await.unwrap();
    let both = tokio::spawn(async move { Item::update(&scope()).increment(Item::COUNT, 1).all(&victim).await });
    let waiting = "SELECT count(*)::text FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while ask(&other, waiting).await == "0" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    survivor.execute_unprepared("UPDATE test_items SET count = count + 1 WHERE id = 'a'").await.unwrap();
    survivor.commit().await.unwrap();
    assert_eq!(both.await.unwrap().unwrap(), 2);
    assert_eq!(ask(&other, "SELECT sum(count)::text FROM test_items").await, "4");
}
