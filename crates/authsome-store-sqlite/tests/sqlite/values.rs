//! What is stored is what comes back, and what cannot have been stored is corrupt.

use crate::common::{Item, item, memory_store, scope};
use authsome_core::entity::{Entity, Filter};
use authsome_core::error::StoreError;
use authsome_core::time::Timestamp;
use authsome_store_sqlite::SqliteStore;
use sea_orm::ConnectionTrait;
use serde_json::json;

#[tokio::test]
async fn values_at_the_ends_of_their_ranges_come_back_as_they_were() {
    let store = memory_store().await;
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
async fn documents_keep_their_numbers_to_the_last_bit() {
    let store = memory_store().await;
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    let numbers: Vec<f64> = std::iter::repeat_with(|| {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        f64::from_bits(bits)
    })
    .filter(|number| number.is_finite())
    .take(500)
    .collect();
    let written = Item { data: json!(numbers), ..item("a") };
    written.insert(&scope(), &store).await.unwrap();
    assert_eq!(Item::find(&scope()).one(&store).await.unwrap(), Some(written));
}

async fn slugs(store: &SqliteStore, filter: Filter<Item>) -> Vec<String> {
    let found = Item::find(&scope()).filter(filter).all(store).await.unwrap();
    found.into_iter().map(|item| item.slug).collect()
}

#[tokio::test]
async fn a_prefix_is_compared_byte_for_byte() {
    let store = memory_store().await;
    let slugs_stored = ["ab", "aB", "a%", "a_", "a\u{D7FF}x", "a\u{E000}", "a\u{10FFFF}", "b", "A"];
    for (number, slug) in slugs_stored.iter().enumerate() {
        let row = Item { slug: (*slug).to_owned(), ..item(&format!("i{number}")) };
        row.insert(&scope(), &store).await.unwrap();
    }
    assert_eq!(slugs(&store, Item::SLUG.starts_with("a\u{D7FF}")).await, ["a\u{D7FF}x"]);
    assert_eq!(slugs(&store, Item::SLUG.starts_with("a\u{10FFFF}")).await, ["a\u{10FFFF}"]);
    assert_eq!(slugs(&store, Item::SLUG.starts_with("a%")).await, ["a%"]);
    assert_eq!(slugs(&store, Item::SLUG.starts_with("a")).await.len(), 7);
    assert_eq!(slugs(&store, Item::SLUG.eq("ab")).await, ["ab"]);
}

#[tokio::test]
async fn a_filter_may_be_long_and_an_empty_one_holds_for_nothing() {
    let store = memory_store().await;
    item("a").insert(&scope(), &store).await.unwrap();
    let long = (0..1_500).map(|number| Item::COUNT.eq(number)).reduce(Filter::or).unwrap();
    assert_eq!(slugs(&store, long).await.len(), 1);
    let list = Item::COUNT.is_in(0..1_900);
    assert_eq!(slugs(&store, list).await.len(), 1);
    assert_eq!(slugs(&store, Item::COUNT.is_in(Vec::<i64>::new())).await.len(), 0);
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_column_is_corrupt() {
    let store = memory_store().await;
    let damages = [
        ("flag", "2"),
        ("flag", "'yes'"),
        ("count", "1.5"),
        ("count", "'many'"),
        ("slug", "x'616263'"),
        ("slug", "CAST(x'FF' AS TEXT)"),
        ("code", "'text'"),
        ("at", "253402300800000"),
        ("at", "'2024-01-01T00:00:00Z'"),
        ("data", "'{'"),
        ("data", "x'7B7D'"),
    ];
    for (number, (column, value)) in damages.into_iter().enumerate() {
        let id = format!("i{number}");
        item(&id).insert(&scope(), &store).await.unwrap();
        let damage = format!(r#"UPDATE "test_items" SET "{column}" = {value} WHERE "id" = '{id}'"#);
        store.connection().execute_unprepared(&damage).await.unwrap();
        let found = Item::find(&scope()).filter(Item::ID.eq(&id)).one(&store).await;
        match found {
            Err(StoreError::Corrupt { table, column: reported, id: row }) => {
                assert_eq!((table.as_str(), reported.as_str(), row), ("test_items", column, id));
            }
            other => panic!("{column} = {value}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_delete_removes_no_more_than_its_limit() {
    let store = memory_store().await;
    let rows: Vec<Item> = (0..10).map(|number| item(&format!("i{number}"))).collect();
    Item::insert_all(&rows, &scope(), &store).await.unwrap();
    assert_eq!(Item::delete(&scope()).filter(Item::FLAG.eq(true)).batch(3, &store).await.unwrap(), 3);
    assert_eq!(Item::delete(&scope()).batch(100, &store).await.unwrap(), 7);
}

#[tokio::test]
async fn five_hundred_rows_are_inserted_all_or_none() {
    let store = memory_store().await;
    let mut rows: Vec<Item> = (0..500).map(|number| item(&format!("i{number:03}"))).collect();
    if let Some(last) = rows.last_mut() {
        last.code = b"i000".to_vec();
    }
    let error = Item::insert_all(&rows, &scope(), &store).await.unwrap_err();
    assert!(error.is_conflict_on("test_items_code_key"), "{error:?}");
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 0);
    Item::insert_all(rows.get(..499).unwrap(), &scope(), &store).await.unwrap();
    assert_eq!(Item::find(&scope()).count(&store).await.unwrap(), 499);
}
