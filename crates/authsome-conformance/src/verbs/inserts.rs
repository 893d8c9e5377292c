//! Inserting rows.

use authsome_core::entity::Entity;

use super::{home, item, stored};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, reference};
use crate::fixture::{Branch, Item, Leaf, Nail, Sample, code};

pub(super) fn cases() -> Vec<Case> {
    cases!("inserts" {
        both: [
            all_rows_are_inserted_or_none,
            rows_of_one_insert_are_in_conflict_with_each_other,
            five_hundred_rows_go_in_at_once,
            rows_go_in_with_their_parents_there,
            the_first_declared_of_several_conflicts_is_reported,
            the_first_declared_conflict_is_reported_whichever_row_it_is_with,
            a_conflict_is_reported_before_a_dangling_reference,
            the_first_declared_of_several_dangling_references_is_reported,
            a_reference_with_a_null_refers_to_nothing,
            if_absent_says_whether_it_did,
            if_absent_leaves_out_a_row_whatever_key_is_taken,
            if_absent_looks_at_a_conflict_before_a_reference,
        ]
    })
}

async fn all_rows_are_inserted_or_none(cx: &mut Cx) -> Outcome {
    item(3).insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let three = [item(1), item(2), Item { id: "new".to_owned(), ..item(3) }];
    conflict(Item::insert_all(&three, &home().scope, cx.db()).await, "conformance_items_code_key")?;
    cx.recover().await?;
    ensure_eq!(Item::find(&home().scope).all(cx.db()).await?, vec![item(3)]);
    Ok(())
}

async fn rows_of_one_insert_are_in_conflict_with_each_other(cx: &mut Cx) -> Outcome {
    let twin = Item { label: item(1).label, ..item(2) };
    conflict(Item::insert_all(&[item(1), twin], &home().scope, cx.db()).await, "conformance_items_label_key")?;
    cx.recover().await?;
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 0);
    Ok(())
}

async fn five_hundred_rows_go_in_at_once(cx: &mut Cx) -> Outcome {
    let items: Vec<Item> = (1..=500).map(item).collect();
    Item::insert_all(&items, &home().scope, cx.db()).await?;
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 500);
    for some in items.iter().step_by(99) {
        ensure_eq!(stored(cx, &some.id).await?.as_ref(), Some(some));
    }
    Ok(())
}

async fn rows_go_in_with_their_parents_there(cx: &mut Cx) -> Outcome {
    let branches: Vec<Branch> = (1..=3).map(|number| Branch::sample(&home(), number)).collect();
    let leaves: Vec<Leaf> = (1..=3).map(|number| Leaf::sample(&home(), number)).collect();
    Branch::insert_all(&branches, &home().scope, cx.db()).await?;
    Leaf::insert_all(&leaves, &home().scope, cx.db()).await?;
    cx.settle().await?;
    let some = [4, 3].map(|number| Leaf { id: format!("other-{number}"), ..Leaf::sample(&home(), number) });
    reference(Leaf::insert_all(&some, &home().scope, cx.db()).await, "conformance_leaves_branch_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(Leaf::find(&home().scope).count(cx.db()).await?, 3);
    Ok(())
}

async fn the_first_declared_of_several_conflicts_is_reported(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    // One key after the other is given up, in the order of their declaration.
    let mut row = item(1);
    for (key, free) in [
        ("conformance_items_pkey", (|row| row.id = code(2)) as fn(&mut Item)),
        ("conformance_items_code_key", |row| row.code = code(2)),
        ("conformance_items_place_key", |row| row.shelf = 2),
        ("conformance_items_label_key", |row| row.label = Some(code(2))),
        ("conformance_items_serial_key", |row| row.serial = None),
    ] {
        conflict(row.insert(&home().scope, cx.db()).await, key)?;
        cx.recover().await?;
        free(&mut row);
    }
    Ok(row.insert(&home().scope, cx.db()).await?)
}

async fn the_first_declared_conflict_is_reported_whichever_row_it_is_with(cx: &mut Cx) -> Outcome {
    Item::insert_all(&[item(1), item(2), item(3)], &home().scope, cx.db()).await?;
    cx.settle().await?;
    let between = Item { label: item(1).label, code: item(2).code, serial: item(3).serial, ..item(4) };
    conflict(between.insert(&home().scope, cx.db()).await, "conformance_items_code_key")?;
    cx.recover().await?;
    let between = Item { code: item(4).code, ..between };
    conflict(between.insert(&home().scope, cx.db()).await, "conformance_items_label_key")?;
    cx.recover().await
}

async fn a_conflict_is_reported_before_a_dangling_reference(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    let first = Nail { leaf_id: None, ..Nail::sample(&home(), 1) };
    first.insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let second = Nail { leaf_id: Some("gone".to_owned()), ..Nail::sample(&home(), 2) };
    let same_id = Nail { id: first.id.clone(), ..second.clone() };
    conflict(same_id.insert(&home().scope, cx.db()).await, "conformance_nails_pkey")?;
    cx.recover().await?;
    let same_branch = Nail { branch_id: first.branch_id.clone(), ..second };
    conflict(same_branch.insert(&home().scope, cx.db()).await, "conformance_nails_branch_key")?;
    cx.recover().await
}

async fn the_first_declared_of_several_dangling_references_is_reported(cx: &mut Cx) -> Outcome {
    let nail = Nail::sample(&home(), 1);
    reference(nail.insert(&home().scope, cx.db()).await, "conformance_nails_branch_id_fkey")?;
    cx.recover().await?;
    Branch::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    reference(nail.insert(&home().scope, cx.db()).await, "conformance_nails_leaf_id_fkey")?;
    cx.recover().await
}

async fn a_reference_with_a_null_refers_to_nothing(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    let nail = Nail { leaf_id: None, ..Nail::sample(&home(), 1) };
    nail.insert(&home().scope, cx.db()).await?;
    ensure_eq!(Nail::find(&home().scope).all(cx.db()).await?, vec![nail]);
    Ok(())
}

async fn if_absent_says_whether_it_did(cx: &mut Cx) -> Outcome {
    ensure!(item(1).insert_if_absent(&home().scope, cx.db()).await?, "the first time");
    ensure!(!item(1).insert_if_absent(&home().scope, cx.db()).await?, "the second time");
    ensure!(item(2).insert_if_absent(&home().scope, cx.db()).await?, "another one");
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 2);
    Ok(())
}

async fn if_absent_leaves_out_a_row_whatever_key_is_taken(cx: &mut Cx) -> Outcome {
    item(1).insert(&home().scope, cx.db()).await?;
    let (one, two) = (item(1), Item { rank: 9, ..item(2) });
    for other in [
        Item { id: one.id.clone(), ..two.clone() },
        Item { code: one.code.clone(), ..two.clone() },
        Item { shelf: one.shelf, ..two.clone() },
        Item { label: one.label.clone(), ..two.clone() },
        Item { serial: one.serial, ..two.clone() },
        Item { rank: 9, ..one.clone() },
    ] {
        ensure!(!other.insert_if_absent(&home().scope, cx.db()).await?, "{other:?}");
    }
    ensure_eq!(Item::find(&home().scope).all(cx.db()).await?, vec![one]);
    Ok(())
}

async fn if_absent_looks_at_a_conflict_before_a_reference(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    let first = Nail { leaf_id: None, ..Nail::sample(&home(), 1) };
    first.insert(&home().scope, cx.db()).await?;
    let second = Nail { leaf_id: Some("gone".to_owned()), ..first };
    ensure!(!second.insert_if_absent(&home().scope, cx.db()).await?, "the key is taken");
    Ok(())
}
