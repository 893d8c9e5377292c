//! What ends a transaction, and what does not.

use std::sync::Arc;

use authsome_core::entity::Entity;
use authsome_core::store::{Store, StoreTx};

use super::{begin, home, item, scope, shown};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{
    Outcome, backend, conflict, ended, ensure, ensure_eq, invalid, not_found, reference, unavailable,
};
use crate::fixture::{Branch, Item, Leaf, Nail, Sample, code};

pub(super) fn cases() -> Vec<Case> {
    cases!("transactions" {
        direct: [
            a_conflict_of_an_insert_ends_it,
            a_conflict_of_an_update_ends_it,
            a_conflict_of_an_upsert_ends_it,
            a_dangling_reference_ends_it,
            a_refused_deletion_ends_it,
            a_count_past_its_end_ends_it,
            not_found_does_not_end_it,
            invalid_does_not_end_it,
            a_condition_that_does_not_hold_does_not_end_it,
            an_insert_if_absent_does_not_end_it,
            nothing_is_done_after_a_commit,
            nothing_is_done_after_a_rollback,
            nothing_is_done_on_a_closed_store,
        ]
    })
}

/// Everything that is called answers that the transaction had ended.
async fn over(tx: &dyn StoreTx) -> Outcome {
    let by_id = || Item::ID.eq(item(1).id);
    ended(Item::find(&scope()).all(tx).await)?;
    ended(Item::find(&scope()).count(tx).await)?;
    ended(item(8).insert(&scope(), tx).await)?;
    ended(item(8).insert_if_absent(&scope(), tx).await)?;
    ended(item(8).upsert(&scope()).increment(Item::RANK, 1).run(tx).await)?;
    ended(Item::update(&scope()).filter(by_id()).set(Item::RANK, 1).one(tx).await)?;
    ended(Item::update(&scope()).set(Item::RANK, 1).all(tx).await)?;
    ended(Item::delete(&scope()).batch(1, tx).await)?;
    ended(Item::find(&scope()).filter(by_id()).touch(tx).await)?;
    ended(tx.commit().await)
}

/// A transaction that has written item 2, on a store that has item 1.
async fn begun(cx: &Cx) -> Outcome<Arc<dyn StoreTx>> {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    item(2).insert(&scope(), tx.as_ref()).await?;
    Ok(tx)
}

/// The transaction is over, nothing of it is there, and the store goes on.
async fn has_ended(cx: &Cx, tx: Arc<dyn StoreTx>) -> Outcome {
    over(tx.as_ref()).await?;
    drop(tx);
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![item(1)]);
    item(9).insert(&scope(), cx.db()).await?;
    ensure_eq!(shown(cx).await?, 2);
    Ok(())
}

async fn a_conflict_of_an_insert_ends_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    let twin = Item { code: item(1).code, ..item(3) };
    conflict(twin.insert(&scope(), tx.as_ref()).await, "conformance_items_code_key")?;
    has_ended(cx, tx).await
}

async fn a_conflict_of_an_update_ends_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    let update = Item::update(&scope()).filter(Item::ID.eq(item(2).id)).set(Item::CODE, item(1).code);
    conflict(update.one(tx.as_ref()).await, "conformance_items_code_key")?;
    has_ended(cx, tx).await
}

async fn a_conflict_of_an_upsert_ends_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    let twin = Item { code: item(1).code, ..item(3) };
    let upsert = twin.upsert(&scope()).increment(Item::RANK, 1);
    conflict(upsert.run(tx.as_ref()).await, "conformance_items_code_key")?;
    has_ended(cx, tx).await
}

async fn a_dangling_reference_ends_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    let orphan = Leaf::sample(&home(), 1);
    reference(orphan.insert(&scope(), tx.as_ref()).await, "conformance_leaves_branch_id_fkey")?;
    has_ended(cx, tx).await
}

async fn a_refused_deletion_ends_it(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&scope(), cx.db()).await?;
    Nail { leaf_id: None, ..Nail::sample(&home(), 1) }.insert(&scope(), cx.db()).await?;
    let tx = begun(cx).await?;
    let refused = Branch::delete(&scope()).by_id(&code(1), tx.as_ref()).await;
    reference(refused, "conformance_nails_branch_id_fkey")?;
    has_ended(cx, tx).await
}

async fn a_count_past_its_end_ends_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    let full = Item { rank: i64::MAX, ..item(3) };
    full.insert(&scope(), tx.as_ref()).await?;
    backend(full.upsert(&scope()).increment(Item::RANK, 1).run(tx.as_ref()).await)?;
    has_ended(cx, tx).await
}

/// The transaction goes on and commits.
async fn goes_on(cx: &Cx, tx: Arc<dyn StoreTx>) -> Outcome {
    item(3).insert(&scope(), tx.as_ref()).await?;
    tx.commit().await?;
    drop(tx);
    ensure_eq!(shown(cx).await?, 3);
    Ok(())
}

async fn not_found_does_not_end_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    not_found(Item::delete(&scope()).by_id(&item(8).id, tx.as_ref()).await)?;
    let update = Item::update(&scope()).filter(Item::ID.eq(item(8).id)).set(Item::RANK, 1);
    not_found(update.existing(tx.as_ref()).await)?;
    goes_on(cx, tx).await
}

async fn invalid_does_not_end_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    invalid(Item { code: "\0".to_owned(), ..item(8) }.insert(&scope(), tx.as_ref()).await)?;
    invalid(Item::find(&scope()).limit(0).all(tx.as_ref()).await)?;
    goes_on(cx, tx).await
}

async fn a_condition_that_does_not_hold_does_not_end_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    let update = Item::update(&scope()).filter(Item::ID.eq(item(1).id)).filter(Item::RANK.eq(8));
    ensure_eq!(update.set(Item::RANK, 9).one(tx.as_ref()).await?, None);
    ensure_eq!(Item::delete(&scope()).filter(Item::RANK.eq(8)).batch(5, tx.as_ref()).await?, 0);
    goes_on(cx, tx).await
}

async fn an_insert_if_absent_does_not_end_it(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    for taken in [item(1), item(2), Item { code: item(1).code, ..item(8) }, Item { label: item(2).label, ..item(8) }] {
        ensure!(!taken.insert_if_absent(&scope(), tx.as_ref()).await?, "a key of it is taken");
    }
    goes_on(cx, tx).await
}

async fn nothing_is_done_after_a_commit(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    tx.commit().await?;
    over(tx.as_ref()).await?;
    ended(tx.rollback().await)?;
    ensure_eq!(shown(cx).await?, 2, "what was committed stays");
    Ok(())
}

async fn nothing_is_done_after_a_rollback(cx: &mut Cx) -> Outcome {
    let tx = begun(cx).await?;
    tx.rollback().await?;
    ended(tx.rollback().await)?;
    has_ended(cx, tx).await
}

async fn nothing_is_done_on_a_closed_store(cx: &mut Cx) -> Outcome {
    let store: &dyn Store = cx.store().as_ref();
    store.ping().await?;
    item(1).insert(&scope(), store).await?;
    store.close().await?;
    unavailable(store.ping().await)?;
    unavailable(Item::find(&scope()).count(store).await)?;
    unavailable(item(2).insert(&scope(), store).await)?;
    unavailable(store.begin().await.map(|_| ()))
}
