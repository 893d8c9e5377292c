//! Changing rows: the comparison and the change are one step.

use authsome_core::entity::Entity;

use super::{home, item, plant, stored};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, backend, conflict, ensure_eq, not_found, reference};
use crate::fixture::{Branch, Item, Leaf, Nail, Sample, at, code};

pub(super) fn cases() -> Vec<Case> {
    cases!("updates" {
        both: [
            one_answers_the_row_as_it_is_afterwards,
            one_whose_condition_does_not_hold_changes_nothing,
            one_that_must_be_there_is_not_found,
            one_goes_by_each_key,
            a_condition_sees_the_row_as_it_was_before,
            columns_become_null_and_values_again,
            columns_that_are_not_named_stay,
            a_taken_key_is_a_conflict_and_nothing_changes,
            a_parent_that_is_there_is_taken,
            a_parent_that_is_gone_is_refused_and_nothing_changes,
            counts_grow_and_shrink,
            counts_grow_beside_other_changes,
            a_count_does_not_grow_past_its_end,
            all_that_are_meant_change,
            all_that_are_meant_are_counted_even_where_nothing_differs,
            all_change_or_none,
            all_without_a_filter_are_the_whole_scope,
        ]
    })
}

async fn one_answers_the_row_as_it_is_afterwards(cx: &mut Cx) -> Outcome {
    plant(cx, 1..=3, |item, rank| item.rank = rank).await?;
    let update = Item::update(&home().scope).filter(Item::ID.eq("2")).set(Item::WORD, "new".to_owned());
    let updated = update.set(Item::UNTIL, Some(at(9))).one(cx.db()).await?;
    ensure_eq!(updated.as_ref().map(|item| (item.word.as_str(), item.until)), Some(("new", Some(at(9)))));
    ensure_eq!(stored(cx, "2").await?, updated);
    ensure_eq!(stored(cx, "1").await?.map(|item| item.word).as_deref(), Some("word"), "another row");
    Ok(())
}

async fn one_whose_condition_does_not_hold_changes_nothing(cx: &mut Cx) -> Outcome {
    let items = plant(cx, [(); 2], |_, ()| {}).await?;
    for condition in [
        Item::RANK.eq(1),
        Item::RANK.ne(0),
        Item::RANK.gt(0),
        Item::UNTIL.is_not_null(),
        Item::SIZE.le(0),
        Item::WORD.eq("Word"),
        Item::WORD.starts_with("x"),
        Item::RANK.is_in([1, 2]),
        Item::ID.eq("2"),
        Item::FLAG.eq(true).or(Item::MADE.lt(at(0))),
    ] {
        let update = Item::update(&home().scope).filter(Item::ID.eq("1")).filter(condition.clone());
        let updated = update.set(Item::WORD, "new".to_owned()).one(cx.db()).await?;
        ensure_eq!(updated, None, "{condition:?}");
    }
    ensure_eq!(stored(cx, "1").await?.as_ref(), items.first());
    Ok(())
}

async fn one_that_must_be_there_is_not_found(cx: &mut Cx) -> Outcome {
    plant(cx, [1], |item, rank| item.rank = rank).await?;
    let update = |id: &str| Item::update(&home().scope).filter(Item::ID.eq(id)).set(Item::RANK, 2);
    not_found(update("2").existing(cx.db()).await)?;
    not_found(update("1").filter(Item::RANK.eq(5)).existing(cx.db()).await)?;
    ensure_eq!(update("1").existing(cx.db()).await?.rank, 2);
    Ok(())
}

async fn one_goes_by_each_key(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    item(2).insert(&home().scope, cx.db()).await?;
    let one = item(1);
    let update = || Item::update(&home().scope).increment(Item::RANK, 1);
    for update in [
        update().filter(Item::ID.eq(&one.id)),
        update().filter(Item::CODE.eq(&one.code)),
        update().filter(Item::SHELF.eq(one.shelf)).filter(Item::SLOT.eq("left")),
        update().filter(Item::LABEL.eq(one.label.clone().unwrap_or_default())).filter(Item::REMOVED_AT.is_null()),
        update().filter(Item::SERIAL.eq(one.serial.unwrap_or_default())),
    ] {
        ensure_eq!(update.one(cx.db()).await?.map(|item| item.id).as_deref(), Some(one.id.as_str()));
    }
    ensure_eq!(stored(cx, &one.id).await?.map(|item| item.rank), Some(5));
    ensure_eq!(stored(cx, &item(2).id).await?.map(|item| item.rank), Some(0));
    Ok(())
}

async fn a_condition_sees_the_row_as_it_was_before(cx: &mut Cx) -> Outcome {
    plant(cx, [1], |item, rank| item.rank = rank).await?;
    let update = Item::update(&home().scope).filter(Item::ID.eq("1")).filter(Item::RANK.eq(1));
    let update = update.set(Item::RANK, 2).set(Item::SIZE, Some(7));
    ensure_eq!(update.clone().one(cx.db()).await?.map(|item| (item.rank, item.size)), Some((2, Some(7))));
    ensure_eq!(update.one(cx.db()).await?, None, "once the rank is 2");
    Ok(())
}

async fn columns_become_null_and_values_again(cx: &mut Cx) -> Outcome {
    let full = Item {
        size: Some(1),
        text: Some(String::new()),
        maybe: Some(false),
        until: Some(at(1)),
        extra: Some(Vec::new()),
        ..item(1)
    };
    let bare = Item { slot: None, label: None, serial: None, ..item(1) };
    item(1).insert(&home().scope, cx.db()).await?;
    for wanted in [full, bare, item(1)] {
        let update = Item::update(&home().scope).filter(Item::ID.eq(&wanted.id)).set_all(&wanted);
        ensure_eq!(update.existing(cx.db()).await?, wanted);
        ensure_eq!(stored(cx, &wanted.id).await?, Some(wanted));
    }
    Ok(())
}

async fn columns_that_are_not_named_stay(cx: &mut Cx) -> Outcome {
    let before = Item {
        size: Some(1),
        text: Some("text".to_owned()),
        doc: serde_json::json!({"a": [1.5, null]}),
        extra: Some(vec![0, 255]),
        ..item(1)
    };
    before.insert(&home().scope, cx.db()).await?;
    let updated =
        Item::update(&home().scope).filter(Item::ID.eq(&before.id)).set(Item::FLAG, true).one(cx.db()).await?;
    ensure_eq!(updated, Some(Item { flag: true, ..before }));
    Ok(())
}

async fn a_taken_key_is_a_conflict_and_nothing_changes(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    item(2).insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let update = Item::update(&home().scope).filter(Item::ID.eq(item(2).id)).set(Item::WORD, "new".to_owned());
    let both = update.clone().set(Item::LABEL, item(1).label).set(Item::CODE, item(1).code);
    conflict(both.one(cx.db()).await, "conformance_items_code_key")?;
    cx.recover().await?;
    conflict(update.clone().set(Item::LABEL, item(1).label).one(cx.db()).await, "conformance_items_label_key")?;
    cx.recover().await?;
    ensure_eq!(stored(cx, &item(2).id).await?, Some(item(2)));
    let own = update.set(Item::CODE, item(2).code).one(cx.db()).await?;
    ensure_eq!(own.map(|item| item.word).as_deref(), Some("new"), "a row's own key");
    Ok(())
}

async fn family(cx: &Cx) -> Outcome {
    for number in [1, 2] {
        Branch::sample(&home(), number).insert(&home().scope, cx.db()).await?;
    }
    Ok(Leaf::sample(&home(), 1).insert(&home().scope, cx.db()).await?)
}

async fn a_parent_that_is_there_is_taken(cx: &mut Cx) -> Outcome {
    family(cx).await?;
    let (leaf, other) = (Leaf::sample(&home(), 1), Branch::sample(&home(), 2));
    let update = Leaf::update(&home().scope).filter(Leaf::ID.eq(&leaf.id)).set(Leaf::BRANCH_ID, other.id.clone());
    ensure_eq!(update.existing(cx.db()).await?.branch_id, other.id);
    Branch::delete(&home().scope).by_id(&leaf.branch_id, cx.db()).await?;
    ensure_eq!(Leaf::find(&home().scope).count(cx.db()).await?, 1, "it has left its first parent");
    Branch::delete(&home().scope).by_id(&other.id, cx.db()).await?;
    ensure_eq!(Leaf::find(&home().scope).count(cx.db()).await?, 0, "it falls with the other one");
    Ok(())
}

async fn a_parent_that_is_gone_is_refused_and_nothing_changes(cx: &mut Cx) -> Outcome {
    family(cx).await?;
    let nail = Nail { leaf_id: None, ..Nail::sample(&home(), 1) };
    nail.insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let update = Nail::update(&home().scope).filter(Nail::ID.eq(&nail.id)).set(Nail::MADE, at(9));
    let gone = || "gone".to_owned();
    let both = update.clone().set(Nail::LEAF_ID, Some(gone())).set(Nail::BRANCH_ID, gone());
    reference(both.one(cx.db()).await, "conformance_nails_branch_id_fkey")?;
    cx.recover().await?;
    let second = update.set(Nail::LEAF_ID, Some(gone())).one(cx.db()).await;
    reference(second, "conformance_nails_leaf_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(Nail::find(&home().scope).all(cx.db()).await?, vec![nail]);
    Ok(())
}

async fn counts_grow_and_shrink(cx: &mut Cx) -> Outcome {
    plant(cx, [0], |item, rank| item.rank = rank).await?;
    let mut rank = 0;
    for by in [1, 41, -50, i64::MAX, i64::MIN, 0] {
        rank += by;
        let update = Item::update(&home().scope).filter(Item::ID.eq("1")).increment(Item::RANK, by);
        ensure_eq!(update.existing(cx.db()).await?.rank, rank, "by {by}");
    }
    ensure_eq!(stored(cx, "1").await?.map(|item| item.rank), Some(rank));
    Ok(())
}

async fn counts_grow_beside_other_changes(cx: &mut Cx) -> Outcome {
    plant(cx, [10], |item, rank| (item.rank, item.shelf) = (rank, 5)).await?;
    let update = Item::update(&home().scope).filter(Item::ID.eq("1")).filter(Item::RANK.ge(10));
    let update = update.increment(Item::RANK, -10).increment(Item::SHELF, 1).set(Item::WORD, "new".to_owned());
    let updated = update.clone().existing(cx.db()).await?;
    ensure_eq!((updated.rank, updated.shelf, updated.word.as_str()), (0, 6, "new"));
    ensure_eq!(update.one(cx.db()).await?, None, "the condition holds once");
    Ok(())
}

async fn a_count_does_not_grow_past_its_end(cx: &mut Cx) -> Outcome {
    for (id, end, by) in [("up", i64::MAX, 1), ("down", i64::MIN, -1), ("far", i64::MAX - 1, i64::MAX)] {
        let row = Item { id: id.to_owned(), rank: end, ..item(u32::try_from(id.len()).unwrap_or(0)) };
        row.insert(&home().scope, cx.db()).await?;
        cx.settle().await?;
        let update = Item::update(&home().scope).set(Item::WORD, "new".to_owned()).increment(Item::RANK, by);
        ensure_eq!(update.clone().filter(Item::ID.eq(id)).one(cx.db()).await?, None);
        ensure_eq!(update.filter(Item::RANK.eq(end)).all(cx.db()).await?, 0);
        ensure_eq!(stored(cx, id).await?, Some(row.clone()));
        let upsert = row.upsert(&home().scope).increment(Item::RANK, by).run(cx.db()).await;
        backend(upsert)?;
        cx.recover().await?;
        ensure_eq!(stored(cx, id).await?, Some(row));
    }
    Ok(())
}

async fn all_that_are_meant_change(cx: &mut Cx) -> Outcome {
    plant(cx, [1, 2, 3, 4], |item, rank| item.rank = rank).await?;
    let update = Item::update(&home().scope).filter(Item::RANK.ge(3)).increment(Item::RANK, 10);
    ensure_eq!(update.set(Item::SIZE, Some(0)).all(cx.db()).await?, 2);
    let ranks = Item::find(&home().scope).order_by(Item::ID, authsome_core::records::Direction::Ascending);
    let ranks: Vec<_> = ranks.all(cx.db()).await?.into_iter().map(|item| (item.rank, item.size)).collect();
    ensure_eq!(ranks, vec![(1, None), (2, None), (13, Some(0)), (14, Some(0))]);
    Ok(())
}

async fn all_that_are_meant_are_counted_even_where_nothing_differs(cx: &mut Cx) -> Outcome {
    plant(cx, [1, 1, 2], |item, rank| item.rank = rank).await?;
    let update = Item::update(&home().scope).filter(Item::RANK.eq(1)).set(Item::RANK, 1);
    ensure_eq!(update.clone().all(cx.db()).await?, 2);
    ensure_eq!(update.all(cx.db()).await?, 2);
    let one = Item::update(&home().scope).filter(Item::ID.eq("3")).set(Item::RANK, 2).one(cx.db()).await?;
    ensure_eq!(one.map(|item| item.rank), Some(2));
    Ok(())
}

async fn all_change_or_none(cx: &mut Cx) -> Outcome {
    family(cx).await?;
    let items = plant(cx, ["a", "b", "b"], |item, label| {
        (item.label, item.removed_at) = (Some(label.to_owned()), Some(at(1)));
    })
    .await?;
    cx.settle().await?;
    let revive = Item::update(&home().scope).set(Item::FLAG, true).set(Item::REMOVED_AT, None);
    conflict(revive.all(cx.db()).await, "conformance_items_label_key")?;
    cx.recover().await?;
    for item in items {
        ensure_eq!(stored(cx, &item.id).await?, Some(item));
    }
    let leaves = [1, 2].map(|number| Leaf { branch_id: code(number), ..Leaf::sample(&home(), number + 10) });
    Leaf::insert_all(&leaves, &home().scope, cx.db()).await?;
    cx.settle().await?;
    let moved = Leaf::update(&home().scope).set(Leaf::MADE, at(9)).set(Leaf::BRANCH_ID, "gone".to_owned());
    reference(moved.all(cx.db()).await, "conformance_leaves_branch_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(Leaf::find(&home().scope).filter(Leaf::MADE.eq(at(9))).count(cx.db()).await?, 0);
    Ok(())
}

async fn all_without_a_filter_are_the_whole_scope(cx: &mut Cx) -> Outcome {
    let items: Vec<Item> = (1..=500).map(item).collect();
    Item::insert_all(&items, &home().scope, cx.db()).await?;
    ensure_eq!(Item::update(&home().scope).set(Item::SIZE, Some(1)).all(cx.db()).await?, 500);
    ensure_eq!(Item::find(&home().scope).filter(Item::SIZE.eq(1)).count(cx.db()).await?, 500);
    Ok(())
}
