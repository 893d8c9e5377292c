//! Which constraint is reported, and that nothing remains of what broke it.

use crate::common::{Crate, Hold, Item, Node, boxed, hold, item, memory_store, node, scope};
use authsome_core::entity::{Entity, Update};
use authsome_core::error::StoreError;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;

fn update(id: &str) -> Update<Item> {
    Item::update(&scope()).filter(Item::ID.eq(id))
}

fn reference(error: StoreError) -> String {
    match error {
        StoreError::Reference { constraint } => constraint,
        other => panic!("{other:?}"),
    }
}

fn conflict(error: StoreError) -> String {
    match error {
        StoreError::Conflict { constraint } => constraint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_several_conflicts_the_first_declared_is_reported() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let same = item("a");
    assert_eq!(conflict(same.insert(&scope(), &store).await.unwrap_err()), "test_items_pkey");
    let other_id = Item { id: "b".to_owned(), ..item("a") };
    assert_eq!(conflict(other_id.insert(&scope(), &store).await.unwrap_err()), "test_items_slug_key");
    let other_slug = Item { slug: "other".to_owned(), ..other_id };
    assert_eq!(conflict(other_slug.insert(&scope(), &store).await.unwrap_err()), "test_items_code_key");
}

#[tokio::test]
async fn a_conflict_is_reported_before_a_dangling_reference() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let both = Item { id: "b".to_owned(), box_id: Some("none".to_owned()), ..item("a") };
    assert_eq!(conflict(both.insert(&scope(), &store).await.unwrap_err()), "test_items_slug_key");
}

#[tokio::test]
async fn rows_of_one_insert_conflict_with_each_other() {
    let store = memory_store().await;
    let rows = [item("a"), Item { id: "b".to_owned(), code: b"b".to_vec(), ..item("a") }];
    let error = Item::insert_all(&rows, &scope(), &store).await.unwrap_err();
    assert_eq!(conflict(error), "test_items_slug_key");
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 0);
    // With another row of the insert in the second key, with a stored one in the first.
    item("b").insert(&scope(), &store).await.unwrap();
    let rows = [item("a"), Item { id: "b".to_owned(), code: b"c".to_vec(), ..item("a") }];
    let error = Item::insert_all(&rows, &scope(), &store).await.unwrap_err();
    assert_eq!(conflict(error), "test_items_pkey");
}

#[tokio::test]
async fn an_index_with_a_condition_does_not_see_the_rows_outside_of_it() {
    let store = memory_store().await;
    let deleted = Item { deleted_at: Some(Timestamp::EPOCH), ..item("a") };
    deleted.insert(&scope(), &store).await.unwrap();
    let again = Item { id: "b".to_owned(), code: b"b".to_vec(), ..item("a") };
    again.insert(&scope(), &store).await.unwrap();
    // The third row agrees with the deleted one in the slug, which is no conflict, and with the other one in the code.
    update("b").set(Item::SLUG, "other".to_owned()).existing(&store).await.unwrap();
    let third = Item { id: "c".to_owned(), code: b"b".to_vec(), ..item("a") };
    assert_eq!(conflict(third.insert(&scope(), &store).await.unwrap_err()), "test_items_code_key");
    update("b").set(Item::SLUG, "slug-a".to_owned()).existing(&store).await.unwrap();
    let undelete = update("a").set(Item::DELETED_AT, None).one(&store).await.unwrap_err();
    assert_eq!(conflict(undelete), "test_items_slug_key");
}

#[tokio::test]
async fn of_several_dangling_references_the_first_declared_is_reported() {
    let store = memory_store().await;
    let none = Some("none".to_owned());
    let both = Item { box_id: none.clone(), shelf_id: none.clone(), ..item("a") };
    assert_eq!(reference(both.insert(&scope(), &store).await.unwrap_err()), "test_items_box_id_fkey");
    let one = Item { box_id: None, ..both };
    assert_eq!(reference(one.insert(&scope(), &store).await.unwrap_err()), "test_items_shelf_id_fkey");
    item("a").insert(&scope(), &store).await.unwrap();
    let changed = update("a").set(Item::SHELF_ID, none).one(&store).await.unwrap_err();
    assert_eq!(reference(changed), "test_items_shelf_id_fkey");
}

#[tokio::test]
async fn rows_of_one_insert_may_refer_to_each_other() {
    let store = memory_store().await;
    Node::insert_all(&[node("a", Some("b")), node("b", Some("b"))], (), &store).await.unwrap();
    let dangling = Node { twin_id: Some("none".to_owned()), ..node("e", None) };
    let error = Node::insert_all(&[node("c", Some("d")), node("d", None), dangling], (), &store).await;
    assert_eq!(reference(error.unwrap_err()), "test_nodes_twin_id_fkey");
    let changed = Node::update(()).filter(Node::ID_COLUMN.eq("a")).set(Node::NEXT_ID, Some("none".to_owned()));
    assert_eq!(reference(changed.one(&store).await.unwrap_err()), "test_nodes_next_id_fkey");
    assert_eq!(Node::find(()).count(&store).await.unwrap(), 2);
}

#[tokio::test]
async fn rows_that_are_deleted_together_do_not_keep_each_other() {
    let store = memory_store().await;
    let keeper = Node { twin_id: Some("b".to_owned()), ..node("c", None) };
    Node::insert_all(&[node("a", Some("b")), node("b", None), keeper], (), &store).await.unwrap();
    let kept = Node::delete(()).filter(Node::ID_COLUMN.is_in(["a", "b"])).batch(10, &store).await;
    assert_eq!(reference(kept.unwrap_err()), "test_nodes_twin_id_fkey");
    assert_eq!(Node::delete(()).batch(10, &store).await.unwrap(), 3);
}

#[tokio::test]
async fn a_row_that_is_left_out_refers_to_nothing() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let absent = Item { box_id: Some("none".to_owned()), ..item("a") };
    assert!(!absent.insert_if_absent(&scope(), &store).await.unwrap());
    let dangling = Item { shelf_id: Some("none".to_owned()), ..item("b") };
    let error = dangling.insert_if_absent(&scope(), &store).await.unwrap_err();
    assert_eq!(reference(error), "test_items_shelf_id_fkey");
}

#[tokio::test]
async fn an_update_reports_what_it_broke_whichever_row_broke_it() {
    let store = memory_store().await;
    for id in ["a", "b", "c"] {
        item(id).insert(&scope(), &store).await.unwrap();
    }
    let one = update("b").set(Item::SLUG, "slug-a".to_owned()).set(Item::CODE, b"c".to_vec()).one(&store).await;
    assert_eq!(conflict(one.unwrap_err()), "test_items_slug_key");
    let own = update("b").set(Item::SLUG, "slug-b".to_owned()).set(Item::CODE, b"c".to_vec()).one(&store).await;
    assert_eq!(conflict(own.unwrap_err()), "test_items_code_key");
}

#[tokio::test]
async fn an_update_of_many_rows_reports_what_it_broke_and_changes_none() {
    let store = memory_store().await;
    for id in ["a", "b", "c"] {
        let deleted = Item { slug: format!("slug-{}", id.len()), deleted_at: Some(Timestamp::EPOCH), ..item(id) };
        deleted.insert(&scope(), &store).await.unwrap();
    }
    let all = Item::update(&scope()).set(Item::DELETED_AT, None).all(&store).await;
    assert_eq!(conflict(all.unwrap_err()), "test_items_slug_key");
    let boxed = Item::update(&scope()).set(Item::BOX_ID, Some("none".to_owned())).all(&store).await;
    assert_eq!(reference(boxed.unwrap_err()), "test_items_box_id_fkey");
    let kept = Item::find(&scope()).filter(Item::DELETED_AT.is_not_null().and(Item::BOX_ID.is_null()));
    assert_eq!(kept.count(&store).await.unwrap(), 3);
}

#[tokio::test]
async fn an_upsert_goes_by_its_key_and_reports_another_one() {
    let store = memory_store().await;
    for id in ["a", "b"] {
        item(id).insert(&scope(), &store).await.unwrap();
    }
    // The row agrees with another one in a second key, but is not inserted.
    let row = Item { slug: "slug-b".to_owned(), code: b"b".to_vec(), ..item("a") };
    let there = row.upsert(&scope()).increment(Item::COUNT, 1).run(&store).await.unwrap();
    assert_eq!((there.slug.as_str(), there.count), ("slug-a", 1));
    let changed = row.upsert(&scope()).set(Item::SLUG, "slug-b".to_owned()).run(&store).await.unwrap_err();
    assert_eq!(conflict(changed), "test_items_slug_key");
    let inserted = Item { id: "c".to_owned(), ..row };
    let error = inserted.upsert(&scope()).increment(Item::COUNT, 1).run(&store).await.unwrap_err();
    assert_eq!(conflict(error), "test_items_slug_key");
    let dangling = item("a").upsert(&scope()).set(Item::BOX_ID, Some("none".to_owned())).run(&store).await;
    assert_eq!(reference(dangling.unwrap_err()), "test_items_box_id_fkey");
}

#[tokio::test]
async fn a_deletion_reports_the_reference_that_keeps_the_row_however_far_away() {
    let store = memory_store().await;
    boxed("box").insert(&scope(), &store).await.unwrap();
    Item { box_id: Some("box".to_owned()), ..item("a") }.insert(&scope(), &store).await.unwrap();
    hold("h", "a").insert(&scope(), &store).await.unwrap();
    let near = Item::delete(&scope()).by_id(&"a".to_owned(), &store).await.unwrap_err();
    assert_eq!(reference(near), "test_holds_item_id_fkey");
    let far = Crate::delete(&scope()).by_id(&"box".to_owned(), &store).await.unwrap_err();
    assert_eq!(reference(far), "test_holds_item_id_fkey");
    Hold::delete(&scope()).by_id(&"h".to_owned(), &store).await.unwrap();
    assert_eq!(Crate::delete(&scope()).batch(10, &store).await.unwrap(), 1);
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 0);
}

#[tokio::test]
async fn children_that_are_deleted_with_their_parent_do_not_keep_it() {
    let store = memory_store().await;
    boxed("box").insert(&scope(), &store).await.unwrap();
    Item { box_id: Some("box".to_owned()), ..item("a") }.insert(&scope(), &store).await.unwrap();
    Hold { box_id: Some("box".to_owned()), ..hold("h", "a") }.insert(&scope(), &store).await.unwrap();
    let kept = Item::delete(&scope()).by_id(&"a".to_owned(), &store).await.unwrap_err();
    assert_eq!(reference(kept), "test_holds_item_id_fkey");
    Crate::delete(&scope()).by_id(&"box".to_owned(), &store).await.unwrap();
    assert_eq!(Hold::find(&scope()).count(&store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_count_that_would_leave_its_range_stays() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    for (count, by) in [(i64::MAX, 1), (i64::MIN, -1), (1, i64::MAX), (-2, i64::MIN)] {
        update("a").set(Item::COUNT, count).existing(&store).await.unwrap();
        assert_eq!(update("a").increment(Item::COUNT, by).one(&store).await.unwrap(), None);
        let upsert = item("a").upsert(&scope()).increment(Item::COUNT, by).run(&store).await;
        assert!(matches!(upsert, Err(StoreError::Backend { .. })), "{upsert:?}");
        assert_eq!(Item::find(&scope()).one(&store).await.unwrap().unwrap().count, count);
    }
    for (count, by) in [(i64::MAX, i64::MIN), (0, i64::MIN), (0, i64::MAX), (i64::MAX, 0), (i64::MIN, 0)] {
        update("a").set(Item::COUNT, count).existing(&store).await.unwrap();
        let changed = item("a").upsert(&scope()).increment(Item::COUNT, by).run(&store).await.unwrap();
        assert_eq!(changed.count, count + by);
    }
    for by in [i64::from(u16::MAX) + 1, -1] {
        let upsert = item("a").upsert(&scope()).increment(Item::SMALL, by).run(&store).await;
        assert!(matches!(upsert, Err(StoreError::Backend { .. })), "{upsert:?}");
    }
}

#[tokio::test]
async fn a_table_that_was_not_made_is_an_error_of_the_backend() {
    let store = authsome_store_sqlite::SqliteStore::in_memory().await.unwrap();
    let missing = Item::find(&scope()).count(&store).await;
    assert!(matches!(missing, Err(StoreError::Backend { .. })), "{missing:?}");
    store.close().await.unwrap();
}
