//! Deleting rows with what refers to them.

use authsome_core::entity::Entity;

use super::{found, home, item, plant};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq, not_found, reference};
use crate::fixture::{Branch, Bud, Item, Knot, Leaf, Nail, Sample, Vine, code};

pub(super) fn cases() -> Vec<Case> {
    cases!("deletes" {
        both: [
            what_is_meant_is_deleted_and_counted,
            a_batch_deletes_no_more_than_its_limit,
            batches_reach_the_end,
            by_id_needs_the_rest_of_the_filter,
            a_cascade_goes_all_the_way_down,
            a_child_that_stays_refuses_the_deletion_of_its_parent,
            a_child_below_a_cascade_refuses_it_too,
            a_child_that_falls_too_does_not_refuse,
            a_refused_batch_deletes_nothing,
            a_deleted_parent_is_no_parent_any_more,
        ]
        // Inside a transaction, a database may report the one that it met first.
        direct: [
            of_several_holders_the_first_by_table_and_declaration_is_reported,
            what_falls_by_another_path_holds_nothing,
        ]
    })
}

async fn what_is_meant_is_deleted_and_counted(cx: &mut Cx) -> Outcome {
    plant(cx, [1, 2, 2, 3], |item, rank| item.rank = rank).await?;
    let delete = Item::delete(&home().scope).filter(Item::RANK.eq(2));
    ensure_eq!(delete.clone().batch(1_000, cx.db()).await?, 2);
    ensure_eq!(delete.batch(1_000, cx.db()).await?, 0);
    ensure_eq!(found(cx, Item::ID.is_not_null()).await?, "1,4");
    Ok(())
}

async fn a_batch_deletes_no_more_than_its_limit(cx: &mut Cx) -> Outcome {
    plant(cx, [1, 1, 1, 2], |item, rank| item.rank = rank).await?;
    let delete = Item::delete(&home().scope).filter(Item::RANK.eq(1));
    ensure_eq!(delete.clone().batch(2, cx.db()).await?, 2);
    ensure_eq!(Item::find(&home().scope).count(cx.db()).await?, 2);
    ensure_eq!(found(cx, Item::RANK.eq(2)).await?, "4");
    ensure_eq!(delete.batch(2, cx.db()).await?, 1);
    Ok(())
}

async fn batches_reach_the_end(cx: &mut Cx) -> Outcome {
    let items: Vec<Item> = (1..=500).map(item).collect();
    Item::insert_all(&items, &home().scope, cx.db()).await?;
    let mut batches = Vec::new();
    loop {
        let deleted = Item::delete(&home().scope).batch(150, cx.db()).await?;
        batches.push(deleted);
        if deleted == 0 {
            break;
        }
    }
    ensure_eq!(batches, vec![150, 150, 150, 50, 0]);
    Ok(())
}

async fn by_id_needs_the_rest_of_the_filter(cx: &mut Cx) -> Outcome {
    plant(cx, [1, 2], |item, rank| item.rank = rank).await?;
    let one = "1".to_owned();
    not_found(Item::delete(&home().scope).filter(Item::RANK.eq(2)).by_id(&one, cx.db()).await)?;
    Item::delete(&home().scope).filter(Item::RANK.eq(1)).by_id(&one, cx.db()).await?;
    ensure_eq!(found(cx, Item::ID.is_not_null()).await?, "2");
    Ok(())
}

/// Two branches, each with two leaves, each with two buds.
async fn tree(cx: &Cx) -> Outcome {
    let scope = home().scope;
    for branch in [1, 2] {
        Branch::sample(&home(), branch).insert(&scope, cx.db()).await?;
        for leaf in [10 * branch, 10 * branch + 1] {
            let leaf = Leaf { branch_id: code(branch), ..Leaf::sample(&home(), leaf) };
            leaf.insert(&scope, cx.db()).await?;
            for bud in ["a", "b"] {
                let id = format!("{}-{bud}", leaf.id);
                let bud = Bud { id, leaf_id: Some(leaf.id.clone()), ..Bud::sample(&home(), 1) };
                bud.insert(&scope, cx.db()).await?;
            }
        }
    }
    Ok(())
}

async fn counts(cx: &Cx) -> Outcome<(u64, u64, u64)> {
    let scope = home().scope;
    Ok((
        Branch::find(&scope).count(cx.db()).await?,
        Leaf::find(&scope).count(cx.db()).await?,
        Bud::find(&scope).count(cx.db()).await?,
    ))
}

async fn a_cascade_goes_all_the_way_down(cx: &mut Cx) -> Outcome {
    tree(cx).await?;
    let loose = Bud { leaf_id: None, ..Bud::sample(&home(), 99) };
    loose.insert(&home().scope, cx.db()).await?;
    ensure_eq!(Branch::delete(&home().scope).filter(Branch::ID.eq(code(1))).batch(10, cx.db()).await?, 1);
    ensure_eq!(counts(cx).await?, (1, 2, 5));
    ensure_eq!(Branch::delete(&home().scope).batch(10, cx.db()).await?, 1);
    ensure_eq!(counts(cx).await?, (0, 0, 1));
    Ok(())
}

async fn a_child_that_stays_refuses_the_deletion_of_its_parent(cx: &mut Cx) -> Outcome {
    tree(cx).await?;
    let nail = Nail { leaf_id: None, ..Nail::sample(&home(), 1) };
    nail.insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let by_id = Branch::delete(&home().scope).by_id(&code(1), cx.db()).await;
    reference(by_id, "conformance_nails_branch_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(counts(cx).await?, (2, 4, 8));
    Nail::delete(&home().scope).by_id(&nail.id, cx.db()).await?;
    Branch::delete(&home().scope).by_id(&code(1), cx.db()).await?;
    ensure_eq!(counts(cx).await?, (1, 2, 4));
    Ok(())
}

async fn a_child_below_a_cascade_refuses_it_too(cx: &mut Cx) -> Outcome {
    tree(cx).await?;
    let nail = Nail { branch_id: code(2), leaf_id: Some(code(10)), ..Nail::sample(&home(), 1) };
    nail.insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    let by_id = Branch::delete(&home().scope).by_id(&code(1), cx.db()).await;
    reference(by_id, "conformance_nails_leaf_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(counts(cx).await?, (2, 4, 8));
    Ok(())
}

async fn a_child_that_falls_too_does_not_refuse(cx: &mut Cx) -> Outcome {
    tree(cx).await?;
    let vine = Vine { branch_id: code(1), leaf_id: code(10), ..Vine::sample(&home(), 1) };
    vine.insert(&home().scope, cx.db()).await?;
    Branch::delete(&home().scope).by_id(&code(1), cx.db()).await?;
    ensure_eq!(counts(cx).await?, (1, 2, 4));
    ensure_eq!(Vine::find(&home().scope).count(cx.db()).await?, 0);
    Ok(())
}

async fn of_several_holders_the_first_by_table_and_declaration_is_reported(cx: &mut Cx) -> Outcome {
    let scope = home().scope;
    tree(cx).await?;
    let nail = Nail { branch_id: code(1), leaf_id: Some(code(10)), ..Nail::sample(&home(), 1) };
    nail.insert(&scope, cx.db()).await?;
    let knot = Knot { branch_id: None, leaf_id: code(11), ..Knot::sample(&home(), 1) };
    knot.insert(&scope, cx.db()).await?;
    let delete = || Branch::delete(&scope);
    reference(delete().by_id(&code(1), cx.db()).await, "conformance_knots_leaf_id_fkey")?;
    Knot::delete(&scope).by_id(&knot.id, cx.db()).await?;
    reference(delete().by_id(&code(1), cx.db()).await, "conformance_nails_branch_id_fkey")?;
    reference(delete().batch(10, cx.db()).await, "conformance_nails_branch_id_fkey")?;
    ensure_eq!(counts(cx).await?, (2, 4, 8));
    Ok(())
}

async fn what_falls_by_another_path_holds_nothing(cx: &mut Cx) -> Outcome {
    let scope = home().scope;
    tree(cx).await?;
    let knot = Knot { branch_id: Some(code(1)), leaf_id: code(10), ..Knot::sample(&home(), 1) };
    knot.insert(&scope, cx.db()).await?;
    let nail = Nail { branch_id: code(2), leaf_id: Some(code(10)), ..Nail::sample(&home(), 1) };
    nail.insert(&scope, cx.db()).await?;
    let one = code(1);
    let by_id = || Branch::delete(&scope).by_id(&one, cx.db());
    reference(by_id().await, "conformance_nails_leaf_id_fkey")?;
    let knot = Knot { id: code(3), branch_id: Some(code(2)), leaf_id: code(10), ..knot };
    knot.insert(&scope, cx.db()).await?;
    reference(by_id().await, "conformance_knots_leaf_id_fkey")?;
    ensure_eq!(counts(cx).await?, (2, 4, 8));
    Ok(())
}

async fn a_refused_batch_deletes_nothing(cx: &mut Cx) -> Outcome {
    tree(cx).await?;
    let nail = Nail { branch_id: code(2), leaf_id: None, ..Nail::sample(&home(), 1) };
    nail.insert(&home().scope, cx.db()).await?;
    cx.settle().await?;
    reference(Branch::delete(&home().scope).batch(10, cx.db()).await, "conformance_nails_branch_id_fkey")?;
    cx.recover().await?;
    ensure_eq!(counts(cx).await?, (2, 4, 8));
    Ok(())
}

async fn a_deleted_parent_is_no_parent_any_more(cx: &mut Cx) -> Outcome {
    tree(cx).await?;
    let leaf = Leaf { branch_id: code(1), ..Leaf::sample(&home(), 50) };
    leaf.insert(&home().scope, cx.db()).await?;
    Branch::delete(&home().scope).by_id(&code(1), cx.db()).await?;
    cx.settle().await?;
    reference(leaf.insert(&home().scope, cx.db()).await, "conformance_leaves_branch_id_fkey")?;
    cx.recover().await?;
    Branch::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    leaf.insert(&home().scope, cx.db()).await?;
    ensure_eq!(counts(cx).await?.1, 3);
    Ok(())
}
