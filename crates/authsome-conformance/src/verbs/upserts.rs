//! Inserting a row, or changing the one that has its key.

use authsome_core::entity::Entity;

use super::{home, item, stored};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure_eq, reference};
use crate::fixture::{Branch, Item, Nail, Sample, Switch, at, code};

pub(super) fn cases() -> Vec<Case> {
    cases!("upserts" {
        both: [
            a_new_row_is_inserted_without_the_changes,
            a_row_that_is_there_gets_the_changes_alone,
            a_key_other_than_the_id_decides,
            a_count_grows_with_each,
            a_conflict_on_another_key_is_reported,
            a_change_that_takes_a_key_is_a_conflict,
            a_dangling_reference_is_refused,
            a_change_to_a_parent_that_is_gone_is_refused,
            works_without_a_scope,
        ]
    })
}

async fn a_new_row_is_inserted_without_the_changes(cx: &mut Cx) -> Outcome {
    let row = Item { rank: 5, ..item(1) };
    let made =
        row.upsert(&home().scope).increment(Item::RANK, 1).set(Item::WORD, "new".to_owned()).run(cx.db()).await?;
    ensure_eq!(made, row);
    ensure_eq!(stored(cx, &row.id).await?, Some(row));
    Ok(())
}

async fn a_row_that_is_there_gets_the_changes_alone(cx: &mut Cx) -> Outcome {
    let there = Item { rank: 5, size: Some(1), ..item(1) };
    there.insert(&home().scope, cx.db()).await?;
    let other = Item { id: there.id.clone(), rank: 50, flag: true, ..item(2) };
    let upsert =
        other.upsert(&home().scope).increment(Item::RANK, 1).set(Item::SIZE, None).set(Item::UNTIL, Some(at(1)));
    let expected = Item { rank: 6, size: None, until: Some(at(1)), ..there };
    ensure_eq!(upsert.run(cx.db()).await?, expected);
    ensure_eq!(Item::find(&home().scope).all(cx.db()).await?, vec![expected]);
    Ok(())
}

async fn a_key_other_than_the_id_decides(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    let by_code = Item { code: item(1).code, ..item(2) };
    let kept = by_code.upsert(&home().scope).on(Item::CODE).increment(Item::RANK, 1).run(cx.db()).await?;
    ensure_eq!(kept, Item { rank: 1, ..item(1) });
    let by_place = Item { shelf: item(1).shelf, ..item(3) };
    let upsert = by_place.upsert(&home().scope).on(Item::SHELF).on(Item::SLOT);
    ensure_eq!(upsert.increment(Item::RANK, 1).run(cx.db()).await?, Item { rank: 2, ..item(1) });
    let made = item(4).upsert(&home().scope).on(Item::CODE).increment(Item::RANK, 1).run(cx.db()).await?;
    ensure_eq!(made, item(4));
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 2);
    Ok(())
}

async fn a_count_grows_with_each(cx: &mut Cx) -> Outcome {
    let row = Item { rank: 1, ..item(1) };
    for count in 1..=5 {
        let upsert = row.upsert(&home().scope).increment(Item::RANK, 1);
        ensure_eq!(upsert.run(cx.db()).await?.rank, count);
    }
    Ok(())
}

async fn a_conflict_on_another_key_is_reported(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let same_code = Item { code: item(1).code, ..item(2) };
    let upsert = same_code.upsert(&home().scope).increment(Item::RANK, 1);
    conflict(upsert.run(cx.db()).await, "conformance_items_code_key")?;
    cx.recover().await?;
    let same_id = Item { id: item(1).id, ..item(2) };
    let upsert = same_id.upsert(&home().scope).on(Item::CODE).increment(Item::RANK, 1);
    conflict(upsert.run(cx.db()).await, "conformance_items_pkey")?;
    cx.recover().await?;
    ensure_eq!(Item::find(&home().scope).all(cx.db()).await?, vec![item(1)]);
    Ok(())
}

async fn a_change_that_takes_a_key_is_a_conflict(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    item(2).insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let upsert = item(2).upsert(&home().scope).set(Item::LABEL, item(1).label);
    conflict(upsert.run(cx.db()).await, "conformance_items_label_key")?;
    cx.recover().await?;
    ensure_eq!(stored(cx, &item(2).id).await?, Some(item(2)));
    Ok(())
}

async fn a_dangling_reference_is_refused(cx: &mut Cx) -> Outcome {
    let nail = Nail::sample(&home(), 1);
    let upsert = nail.upsert(&home().scope).on(Nail::BRANCH_ID).set(Nail::MADE, at(1));
    reference(upsert.run(cx.db()).await, "conformance_nails_branch_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(Nail::find(&home().scope).count(cx.db()).await?, 0);
    Ok(())
}

async fn a_change_to_a_parent_that_is_gone_is_refused(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    let nail = Nail { leaf_id: None, ..Nail::sample(&home(), 1) };
    nail.insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let upsert = nail.upsert(&home().scope).on(Nail::BRANCH_ID).set(Nail::LEAF_ID, Some("gone".to_owned()));
    reference(upsert.run(cx.db()).await, "conformance_nails_leaf_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(Nail::find(&home().scope).all(cx.db()).await?, vec![nail]);
    Ok(())
}

async fn works_without_a_scope(cx: &mut Cx) -> Outcome {
    let switch = Switch { id: code(1), flips: 1, made: at(0) };
    for flips in 1..=3 {
        ensure_eq!(switch.upsert(()).increment(Switch::FLIPS, 1).run(cx.db()).await?.flips, flips);
    }
    Ok(())
}
