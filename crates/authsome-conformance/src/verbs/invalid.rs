//! What core refuses before a backend sees it. It ends no transaction.

use authsome_core::entity::Entity;
use authsome_core::records::Direction;
use authsome_core::value::{Json, Value};
use serde_json::json;

use super::{home, item, stored};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq, invalid};
use crate::fixture::{Item, Raw, raw};

pub(super) fn cases() -> Vec<Case> {
    cases!("invalid" {
        both: [
            is_u_0000_in_a_row,
            is_u_0000_in_a_filter,
            is_a_value_that_is_too_long,
            is_a_document_that_might_not_be_read_as_it_was_written,
            is_a_value_of_another_type,
            is_a_null_where_a_value_must_be,
            is_a_null_in_a_comparison,
            is_a_comparison_of_documents,
            is_an_empty_prefix,
            is_a_filter_that_is_too_large,
            is_a_column_that_does_not_exist,
            is_an_update_of_one_row_that_may_mean_several,
            is_an_update_of_a_key_of_several_rows,
            is_an_update_of_nothing,
            is_a_column_that_changes_twice,
            is_a_new_id_or_scope,
            is_an_increment_of_what_is_no_count,
            is_an_upsert_by_what_is_no_key,
            is_a_limit_out_of_range,
            is_an_insert_of_no_row_or_too_many,
        ]
    })
}

/// Nothing was written, and the store goes on.
async fn unharmed(cx: &Cx) -> Outcome {
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 0);
    item(1).insert(&home().scope, cx.db()).await?;
    ensure_eq!(stored(cx, &item(1).id).await?, Some(item(1)));
    Ok(())
}

async fn is_u_0000_in_a_row(cx: &mut Cx) -> Outcome {
    for row in [
        Item { word: "a\0b".to_owned(), ..item(1) },
        Item { text: Some("\0".to_owned()), ..item(1) },
        Item { id: "\0".to_owned(), ..item(1) },
        Item { doc: json!("\0"), ..item(1) },
        Item { doc: json!({"a": [{"b\0": 1}]}), ..item(1) },
    ] {
        invalid(row.insert(&home().scope, cx.db()).await)?;
        invalid(row.insert_if_absent(&home().scope, cx.db()).await)?;
        invalid(row.upsert(&home().scope).set(Item::RANK, 1).run(cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_u_0000_in_a_filter(cx: &mut Cx) -> Outcome {
    let find = Item::find(&home().scope);
    for filter in [
        Item::WORD.eq("\0"),
        Item::WORD.lt("a\0"),
        Item::WORD.starts_with("\0"),
        Item::WORD.is_in(["a".to_owned(), "\0".to_owned()]),
        Item::RANK.eq(1).or(Item::TEXT.ne("\0")),
    ] {
        invalid(find.clone().filter(filter.clone()).all(cx.db()).await)?;
        invalid(find.clone().filter(filter.clone()).count(cx.db()).await)?;
        invalid(Item::delete(&home().scope).filter(filter.clone()).batch(1, cx.db()).await)?;
        invalid(Item::update(&home().scope).filter(filter).set(Item::RANK, 1).all(cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_a_value_that_is_too_long(cx: &mut Cx) -> Outcome {
    for row in [
        Item { code: "🦀".repeat(65), ..item(1) },
        Item { word: "x".repeat(2_001), ..item(1) },
        Item { data: vec![0; 100_001], ..item(1) },
    ] {
        invalid(row.insert(&home().scope, cx.db()).await)?;
    }
    let update = Item::update(&home().scope).filter(Item::ID.eq("1"));
    invalid(update.set(Item::CODE, "x".repeat(65)).one(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_document_that_might_not_be_read_as_it_was_written(cx: &mut Cx) -> Outcome {
    let deep = Item { doc: (0..33).fold(json!(0), |inner, _| json!({ "a": inner })), ..item(1) };
    let reserved = json!({"a": [{"b": 1, "$serde_json::private::RawValue": "1"}]});
    for row in [deep, Item { doc: reserved, ..item(1) }] {
        invalid(row.insert(&home().scope, cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_a_value_of_another_type(cx: &mut Cx) -> Outcome {
    for value in [Value::Text("1".to_owned()), Value::Bool(true), Value::Json(json!(1)), Value::Bytes(vec![1])] {
        let find = Item::find(&home().scope).filter(raw::<Item>("rank").eq(Raw(value.clone())));
        invalid(find.all(cx.db()).await)?;
        let update = Item::update(&home().scope).set(raw::<Item>("rank"), Raw(value));
        invalid(update.all(cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_a_null_where_a_value_must_be(cx: &mut Cx) -> Outcome {
    let update = Item::update(&home().scope).set(raw::<Item>("word"), Raw(Value::Null));
    invalid(update.all(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_null_in_a_comparison(cx: &mut Cx) -> Outcome {
    for filter in [
        raw::<Item>("size").eq(Raw(Value::Null)),
        raw::<Item>("size").ne(Raw(Value::Null)),
        raw::<Item>("size").is_in([Raw(Value::Int(1)), Raw(Value::Null)]),
    ] {
        invalid(Item::find(&home().scope).filter(filter).all(cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_a_comparison_of_documents(cx: &mut Cx) -> Outcome {
    invalid(Item::find(&home().scope).filter(Item::DOC.eq(Json(json!(1)))).all(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_an_empty_prefix(cx: &mut Cx) -> Outcome {
    invalid(Item::find(&home().scope).filter(Item::WORD.starts_with("")).all(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_filter_that_is_too_large(cx: &mut Cx) -> Outcome {
    invalid(Item::find(&home().scope).filter(Item::RANK.is_in(0..2_000)).all(cx.db()).await)?;
    let deep = (0..40).fold(Item::RANK.eq(0), |deep, rank| {
        if rank % 2 == 0 { Item::FLAG.eq(true).and(deep) } else { Item::FLAG.eq(true).or(deep) }
    });
    invalid(Item::find(&home().scope).filter(deep).all(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_column_that_does_not_exist(cx: &mut Cx) -> Outcome {
    for filter in [raw::<Item>("none").is_null(), raw::<Item>("none").eq(Raw(Value::Int(1)))] {
        invalid(Item::find(&home().scope).filter(filter).all(cx.db()).await)?;
    }
    invalid(Item::update(&home().scope).set(raw::<Item>("none"), Raw(Value::Int(1))).all(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_an_update_of_one_row_that_may_mean_several(cx: &mut Cx) -> Outcome {
    let update = Item::update(&home().scope).set(Item::RANK, 1);
    for filter in [
        Item::RANK.eq(1),
        Item::ID.ge("a"),
        Item::ID.eq("a").or(Item::ID.eq("b")),
        Item::ID.is_in(["a".to_owned()]),
        Item::SHELF.eq(1),
        Item::LABEL.eq("a"),
        Item::LABEL.eq("a").and(Item::REMOVED_AT.is_not_null()),
    ] {
        invalid(update.clone().filter(filter).one(cx.db()).await)?;
    }
    invalid(update.one(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_an_update_of_a_key_of_several_rows(cx: &mut Cx) -> Outcome {
    let update = Item::update(&home().scope);
    invalid(update.clone().set(Item::CODE, "x".to_owned()).all(cx.db()).await)?;
    invalid(update.clone().set(Item::LABEL, Some("x".to_owned())).all(cx.db()).await)?;
    invalid(update.clone().increment(Item::SHELF, 1).all(cx.db()).await)?;
    ensure_eq!(update.set(Item::LABEL, None).all(cx.db()).await?, 0, "it can be emptied");
    unharmed(cx).await
}

async fn is_an_update_of_nothing(cx: &mut Cx) -> Outcome {
    invalid(Item::update(&home().scope).filter(Item::ID.eq("a")).one(cx.db()).await)?;
    invalid(Item::update(&home().scope).all(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_column_that_changes_twice(cx: &mut Cx) -> Outcome {
    let update = Item::update(&home().scope).filter(Item::ID.eq("a"));
    invalid(update.clone().set(Item::RANK, 1).set(Item::RANK, 2).one(cx.db()).await)?;
    invalid(update.set(Item::RANK, 1).increment(Item::RANK, 2).one(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_new_id_or_scope(cx: &mut Cx) -> Outcome {
    let update = Item::update(&home().scope).filter(Item::ID.eq("a"));
    invalid(update.clone().set(Item::ID, "b".to_owned()).one(cx.db()).await)?;
    for column in ["app_id", "env_id"] {
        invalid(update.clone().set(raw::<Item>(column), Raw(Value::Text("b".to_owned()))).one(cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_an_increment_of_what_is_no_count(cx: &mut Cx) -> Outcome {
    for column in ["size", "word", "made", "flag"] {
        invalid(Item::update(&home().scope).increment(raw::<Item>(column), 1).all(cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_an_upsert_by_what_is_no_key(cx: &mut Cx) -> Outcome {
    let row = item(1);
    let scope = home().scope;
    invalid(row.upsert(&scope).on(Item::RANK).set(Item::FLAG, true).run(cx.db()).await)?;
    invalid(row.upsert(&scope).on(Item::LABEL).set(Item::FLAG, true).run(cx.db()).await)?;
    invalid(row.upsert(&scope).on(Item::SHELF).set(Item::FLAG, true).run(cx.db()).await)?;
    invalid(row.upsert(&scope).on(Item::CODE).set(Item::CODE, "x".to_owned()).run(cx.db()).await)?;
    let blank = Item { slot: None, ..row.clone() };
    invalid(blank.upsert(&scope).on(Item::SHELF).on(Item::SLOT).set(Item::FLAG, true).run(cx.db()).await)?;
    invalid(row.upsert(&scope).run(cx.db()).await)?;
    unharmed(cx).await
}

async fn is_a_limit_out_of_range(cx: &mut Cx) -> Outcome {
    for limit in [0, 1_001, u32::MAX] {
        let find = Item::find(&home().scope).order_by(Item::ID, Direction::Ascending);
        invalid(find.limit(limit).all(cx.db()).await)?;
        invalid(Item::delete(&home().scope).batch(limit, cx.db()).await)?;
    }
    unharmed(cx).await
}

async fn is_an_insert_of_no_row_or_too_many(cx: &mut Cx) -> Outcome {
    invalid(Item::insert_all(&[], &home().scope, cx.db()).await)?;
    let many: Vec<Item> = (1..=501).map(item).collect();
    invalid(Item::insert_all(&many, &home().scope, cx.db()).await)?;
    unharmed(cx).await
}
