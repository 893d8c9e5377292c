//! Who sees what a transaction writes.

use std::time::Duration;

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;

use super::{begin, item, scope, shown};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::{Branch, Item, Leaf, Sample};

pub(super) fn cases() -> Vec<Case> {
    cases!("transactions" {
        direct: [
            what_is_committed_is_seen_by_all,
            what_is_rolled_back_is_not_there,
            what_is_dropped_is_not_there,
            what_is_written_is_not_seen_outside_before_the_commit,
            a_transaction_reads_what_it_wrote,
            a_transaction_reads_what_it_changed_and_deleted,
            a_transaction_goes_by_its_own_writes_in_keys_and_references,
            a_transaction_reads_the_state_at_its_begin,
            a_transaction_that_only_reads_commits,
            a_transaction_after_another_sees_it,
            a_dropped_transaction_keeps_nobody_waiting,
            a_second_store_sees_a_commit_at_once,
        ]
    })
}

async fn what_is_committed_is_seen_by_all(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    item(2).insert(&scope(), tx.as_ref()).await?;
    Item::delete(&scope()).by_id(&item(1).id, tx.as_ref()).await?;
    tx.commit().await?;
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![item(2)]);
    Ok(())
}

/// Writes with every verb.
async fn write(cx: &Cx) -> Outcome<std::sync::Arc<dyn authsome_core::store::StoreTx>> {
    for number in 1..=3 {
        item(number).insert(&scope(), cx.db()).await?;
    }
    let tx = begin(cx).await?;
    item(4).insert(&scope(), tx.as_ref()).await?;
    item(5).insert_if_absent(&scope(), tx.as_ref()).await?;
    item(6).upsert(&scope()).increment(Item::RANK, 1).run(tx.as_ref()).await?;
    item(1).upsert(&scope()).increment(Item::RANK, 1).run(tx.as_ref()).await?;
    Item::update(&scope()).filter(Item::ID.eq(item(2).id)).set(Item::RANK, 7).one(tx.as_ref()).await?;
    Item::update(&scope()).set(Item::FLAG, true).all(tx.as_ref()).await?;
    Item::delete(&scope()).by_id(&item(3).id, tx.as_ref()).await?;
    Ok(tx)
}

/// Only the rows that [`write`] found exist.
async fn unwritten(cx: &Cx) -> Outcome {
    let mut expected = vec![item(1), item(2), item(3)];
    expected.sort_by(|one, other| other.id.cmp(&one.id));
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, expected);
    Ok(())
}

async fn what_is_rolled_back_is_not_there(cx: &mut Cx) -> Outcome {
    write(cx).await?.rollback().await?;
    unwritten(cx).await
}

async fn what_is_dropped_is_not_there(cx: &mut Cx) -> Outcome {
    drop(write(cx).await?);
    unwritten(cx).await?;
    item(9).insert(&scope(), cx.db()).await?;
    Ok(())
}

async fn what_is_written_is_not_seen_outside_before_the_commit(cx: &mut Cx) -> Outcome {
    let tx = write(cx).await?;
    unwritten(cx).await?;
    ensure_eq!(shown(cx).await?, 3);
    tx.commit().await?;
    ensure_eq!(shown(cx).await?, 5);
    ensure_eq!(Item::find(&scope()).filter(Item::FLAG.eq(true)).count(cx.db()).await?, 5);
    Ok(())
}

async fn a_transaction_reads_what_it_wrote(cx: &mut Cx) -> Outcome {
    let tx = begin(cx).await?;
    item(1).insert(&scope(), tx.as_ref()).await?;
    ensure_eq!(Item::find(&scope()).one(tx.as_ref()).await?, Some(item(1)));
    ensure_eq!(Item::find(&scope()).count(tx.as_ref()).await?, 1);
    ensure!(!item(1).insert_if_absent(&scope(), tx.as_ref()).await?, "it is there");
    let update = Item::update(&scope()).filter(Item::ID.eq(item(1).id)).filter(Item::RANK.eq(0));
    let updated = update.increment(Item::RANK, 5).existing(tx.as_ref()).await?;
    ensure_eq!(updated.rank, 5);
    ensure_eq!(Item::find(&scope()).filter(Item::RANK.eq(5)).count(tx.as_ref()).await?, 1);
    Ok(tx.commit().await?)
}

async fn a_transaction_reads_what_it_changed_and_deleted(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    item(2).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    Item::delete(&scope()).by_id(&item(1).id, tx.as_ref()).await?;
    Item::update(&scope()).set(Item::RANK, 3).all(tx.as_ref()).await?;
    ensure_eq!(Item::find(&scope()).all(tx.as_ref()).await?, vec![Item { rank: 3, ..item(2) }]);
    ensure_eq!(Item::find(&scope()).filter(Item::RANK.eq(0)).count(tx.as_ref()).await?, 0);
    ensure_eq!(Item::delete(&scope()).batch(10, tx.as_ref()).await?, 1);
    ensure_eq!(Item::find(&scope()).count(tx.as_ref()).await?, 0);
    Ok(tx.commit().await?)
}

async fn a_transaction_goes_by_its_own_writes_in_keys_and_references(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    Item::delete(&scope()).by_id(&item(1).id, tx.as_ref()).await?;
    let heir = Item { code: item(1).code, label: item(1).label, ..item(2) };
    heir.insert(&scope(), tx.as_ref()).await?;
    Branch::sample(&super::home(), 1).insert(&scope(), tx.as_ref()).await?;
    Leaf::sample(&super::home(), 1).insert(&scope(), tx.as_ref()).await?;
    tx.commit().await?;
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![heir]);
    ensure_eq!(Leaf::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn a_transaction_reads_the_state_at_its_begin(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    let before = Item::find(&scope()).all(tx.as_ref()).await?;
    let outside = cx.another().await?;
    // Where writers wait for each other, this one comes after the transaction; elsewhere it comes in between.
    let mut writer = tokio::spawn(async move {
        item(2).insert(&scope(), outside.as_ref()).await?;
        Item::update(&scope()).filter(Item::ID.eq(item(1).id)).set(Item::RANK, 9).one(outside.as_ref()).await?;
        Ok::<_, StoreError>(())
    });
    let finished = tokio::time::timeout(Duration::from_millis(50), &mut writer).await;
    ensure_eq!(Item::find(&scope()).all(tx.as_ref()).await?, before);
    ensure_eq!(Item::find(&scope()).count(tx.as_ref()).await?, 1);
    tx.commit().await?;
    drop(tx);
    match finished {
        Ok(written) => written??,
        Err(_) => writer.await??,
    }
    ensure_eq!(shown(cx).await?, 2);
    Ok(())
}

async fn a_transaction_that_only_reads_commits(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    ensure_eq!(Item::find(&scope()).count(tx.as_ref()).await?, 1);
    tx.commit().await?;
    begin(cx).await?.commit().await?;
    Ok(())
}

async fn a_transaction_after_another_sees_it(cx: &mut Cx) -> Outcome {
    for number in 1..=5 {
        let tx = begin(cx).await?;
        ensure_eq!(Item::find(&scope()).count(tx.as_ref()).await?, u64::from(number) - 1);
        item(number).insert(&scope(), tx.as_ref()).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn a_dropped_transaction_keeps_nobody_waiting(cx: &mut Cx) -> Outcome {
    for number in 1..=20 {
        let dropped = begin(cx).await?;
        item(number).insert(&scope(), dropped.as_ref()).await?;
        drop(dropped);
        let written = tokio::time::timeout(Duration::from_secs(2), async {
            item(number).insert(&scope(), cx.db()).await?;
            Ok::<_, StoreError>(())
        });
        ensure!(matches!(written.await, Ok(Ok(()))), "a write after {number} dropped transactions");
    }
    ensure_eq!(shown(cx).await?, 20);
    Ok(())
}

async fn a_second_store_sees_a_commit_at_once(cx: &mut Cx) -> Outcome {
    let second = cx.another().await?;
    for number in 1..=5 {
        let tx = begin(cx).await?;
        item(number).insert(&scope(), tx.as_ref()).await?;
        tx.commit().await?;
        ensure_eq!(Item::find(&scope()).count(second.as_ref()).await?, u64::from(number));
    }
    Ok(())
}
