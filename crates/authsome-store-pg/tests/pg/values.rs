//! What is stored is what comes back, and what cannot have been stored is corrupt.

use crate::common::{Item, Scratch, ask, item, run, scope};
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::time::Timestamp;
use serde_json::json;

#[tokio::test]
async fn values_at_the_ends_of_their_ranges_come_back_as_they_were() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let long = "\u{10FFFF}é".repeat(250);
    let rows = [
        Item { count: i64::MAX, at: Some(Timestamp::MAX), code: Vec::new(), slug: String::new(), ..item("a") },
        Item { count: i64::MIN, at: Some(Timestamp::MIN), code: vec![0, 255, 0], slug: long, ..item("b") },
        Item { at: None, flag: false, data: json!([null, {"0.1+0.2": 0.1 + 0.2, "e": 1.0e-308}]), ..item("c") },
        Item {
            data: json!({"max": u64::MAX, "min": i64::MIN, "f": 5.462_589_451_256e-7, "": "ü\"\\\n"}), ..item("d")
        },
        Item { data: serde_json::Value::Null, ..item("e") },
    ];
    Item::insert_all(&rows, &scope(), &store).await.unwrap();
    for row in rows {
        let found = Item::find(&scope()).filter(Item::ID.eq(&row.id)).one(&store).await.unwrap();
        assert_eq!(found, Some(row));
    }
}

#[tokio::test]
async fn a_document_is_stored_as_it_was_written() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let document = json!({"z": 1.0, "a": [1e300, -0.0], "z2": {"b": true}});
    Item { data: document.clone(), ..item("a") }.insert(&scope(), &store).await.unwrap();
    assert_eq!(ask(&store, "SELECT data::text FROM test_items").await, document.to_string());
    let update = Item::update(&scope()).filter(Item::ID.eq("a")).set(Item::DATA, json!({"y": 0, "b": 1}));
    assert!(update.one(&store).await.unwrap().is_some());
    assert_eq!(ask(&store, "SELECT data ->> 'b' FROM test_items").await, "1");
}

#[tokio::test]
async fn a_time_that_is_none_is_corrupt() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    item("a").insert(&scope(), &store).await.unwrap();
    for time in ["infinity", "-infinity", "12000-01-01 00:00:00Z", "0044-03-15 00:00:00Z BC"] {
        run(&store, &format!("UPDATE test_items SET at = '{time}'")).await;
        let found = Item::find(&scope()).one(&store).await;
        let corrupt = matches!(&found, Err(StoreError::Corrupt { column, id, .. }) if column == "at" && id == "a");
        assert!(corrupt, "{time}: {found:?}");
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_corrupt() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    item("a").insert(&scope(), &store).await.unwrap();
    run(&store, "ALTER TABLE test_items ALTER COLUMN count TYPE numeric").await;
    let found = Item::find(&scope()).one(&scratch.store().await).await;
    assert!(matches!(&found, Err(StoreError::Corrupt { column, .. }) if column == "count"), "{found:?}");
}

#[tokio::test]
async fn text_is_compared_byte_for_byte_whatever_the_databases_collation() {
    let scratch = Scratch::new().await;
    let store = scratch.migrated().await;
    let rows = ["b", "B", "ä", "a", "Z"].map(|slug| Item { slug: slug.to_owned(), ..item(slug) });
    Item::insert_all(&rows, &scope(), &store).await.unwrap();
    let found = Item::find(&scope()).order_by(Item::SLUG, authsome_core::records::Direction::Ascending);
    let found: Vec<String> = found.all(&store).await.unwrap().into_iter().map(|row| row.slug).collect();
    assert_eq!(found, ["B", "Z", "a", "b", "ä"]);
}
