//! Values that stores are known to bend.

use authsome_core::entity::Entity;
use authsome_core::time::Timestamp;
use serde_json::{Value, json};

use super::{home, item, plant, stored};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::Item;

pub(super) fn cases() -> Vec<Case> {
    cases!("values" {
        both: [
            documents_come_back_exactly,
            a_json_null_is_a_value,
            an_empty_text_is_no_null,
            empty_bytes_are_no_null,
            large_values_come_back_whole,
            every_millisecond_is_kept,
            every_byte_is_kept,
            every_plane_of_unicode_is_kept,
        ]
    })
}

async fn documents_come_back_exactly(cx: &mut Cx) -> Outcome {
    let documents = [
        json!({"a": {"b": [1, {"c": null}]}}),
        json!([u64::MAX, i64::MIN, 0, -1, 9_007_199_254_740_993_i64]),
        json!([0.1, 1.0, -2.5, 1e300, 5e-324, 123_456_789.123_456_78]),
        json!({"$set": 1, "a.b": 2, "": 3, "é\u{301}\n\"\\/": 4, "_id": 5}),
        json!("1"),
        json!(1),
        json!(true),
        json!({"empty": {}, "none": [], "blank": ""}),
        json!({"z": 1, "a": 2}),
        (0..32).fold(json!(0), |inner, _| json!([inner])),
    ];
    let items = plant(cx, documents, |item, doc| item.doc = doc).await?;
    for item in items {
        ensure_eq!(stored(cx, &item.id).await?.map(|found| found.doc), Some(item.doc));
    }
    Ok(())
}

async fn a_json_null_is_a_value(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    ensure_eq!(stored(cx, &item(1).id).await?.map(|item| item.doc), Some(Value::Null));
    ensure_eq!(Item::find(&home().scope).filter(Item::DOC.is_null()).count(cx.db()).await?, 0);
    ensure_eq!(Item::find(&home().scope).filter(Item::DOC.is_not_null()).count(cx.db()).await?, 1);
    Ok(())
}

async fn an_empty_text_is_no_null(cx: &mut Cx) -> Outcome {
    plant(cx, [Some(String::new()), None], |item, text| item.text = text).await?;
    ensure_eq!(stored(cx, "1").await?.and_then(|item| item.text).as_deref(), Some(""));
    ensure_eq!(stored(cx, "2").await?.and_then(|item| item.text), None);
    Ok(())
}

async fn empty_bytes_are_no_null(cx: &mut Cx) -> Outcome {
    plant(cx, [Some(Vec::new()), None], |item, extra| item.extra = extra).await?;
    ensure_eq!(stored(cx, "1").await?.and_then(|item| item.extra), Some(Vec::new()));
    ensure_eq!(stored(cx, "2").await?.and_then(|item| item.extra), None);
    Ok(())
}

async fn large_values_come_back_whole(cx: &mut Cx) -> Outcome {
    let mut large = item(1);
    large.text = Some("日".repeat(100_000));
    large.data = (0..100_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
    large.doc = json!({"text": "x".repeat(100_000)});
    large.insert(&home().scope, cx.db()).await?;
    ensure_eq!(stored(cx, &large.id).await?.as_ref() == Some(&large), true, "a row of some 600 KB");
    Ok(())
}

async fn every_millisecond_is_kept(cx: &mut Cx) -> Outcome {
    let millis = (-3..=3).chain(1_735_689_599_990..=1_735_689_600_010).chain(-62_135_596_799_999..=-62_135_596_799_990);
    let times = millis.filter_map(|millis| Timestamp::from_millis(millis).ok());
    let items = plant(cx, times, |item, time| (item.made, item.until) = (time, Some(time))).await?;
    for item in items {
        let found = stored(cx, &item.id).await?;
        ensure_eq!(found.map(|found| (found.made, found.until)), Some((item.made, item.until)));
    }
    Ok(())
}

async fn every_byte_is_kept(cx: &mut Cx) -> Outcome {
    let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    let row = Item { data: all.clone(), extra: Some(all), ..item(1) };
    row.insert(&home().scope, cx.db()).await?;
    ensure_eq!(stored(cx, &row.id).await?, Some(row));
    Ok(())
}

async fn every_plane_of_unicode_is_kept(cx: &mut Cx) -> Outcome {
    // Every seventh code point, in texts of 30,000.
    let all: Vec<char> = ('\u{1}'..=char::MAX).step_by(7).collect();
    let texts = all.chunks(30_000).map(|part| part.iter().collect::<String>());
    let items = plant(cx, texts, |item, text| item.text = Some(text)).await?;
    for item in items {
        ensure_eq!(stored(cx, &item.id).await?.is_some_and(|found| found.text == item.text), true, "{}", item.id);
    }
    Ok(())
}
