//! What a transaction and a call beside it may not both do.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::store::StoreTx;
use tokio::task::JoinHandle;

use super::{begin, home, item, scope};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::{Branch, Item, Leaf, Sample};

pub(super) fn cases() -> Vec<Case> {
    cases!("transactions" {
        direct: [
            a_change_of_a_row_that_another_changed_since_the_begin_is_contention,
            a_touch_of_a_row_that_another_changed_since_the_begin_is_contention,
            a_child_and_the_deletion_of_its_parent_exclude_each_other,
        ]
    })
}

/// Starts a call beside an open transaction, and says whether it is done already. Where writers wait for each other, it
/// comes after the transaction.
async fn beside<F>(call: F) -> (bool, JoinHandle<Result<(), StoreError>>)
where
    F: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    let task = tokio::spawn(call);
    tokio::time::sleep(Duration::from_millis(50)).await;
    (task.is_finished(), task)
}

/// Repeats what finds contention: it may meet the transaction that is still open.
async fn until_done<F, R>(call: F) -> Result<(), StoreError>
where
    F: Fn() -> R,
    R: Future<Output = Result<(), StoreError>>,
{
    loop {
        match call().await {
            Err(error) if error.is_transient() => tokio::time::sleep(Duration::from_millis(5)).await,
            result => return result,
        }
    }
}

/// Commits what was written, and says whether it is done. It must not be where another's write came in between; where that
/// was still under way it may end in contention too.
async fn concluded(written: Result<(), StoreError>, tx: &dyn StoreTx, came_between: bool) -> Outcome<bool> {
    let outcome = match written {
        Ok(()) => tx.commit().await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) if !came_between => Ok(true),
        Err(error) if error.is_transient() => Ok(false),
        outcome => {
            Err(crate::Failure::new(format!("another's write came in between: {came_between}; got {outcome:?}")))
        }
    }
}

/// A transaction that has read item 1, beside which its rank becomes 9.
async fn overtaken(cx: &Cx) -> Outcome<(Arc<dyn StoreTx>, bool, JoinHandle<Result<(), StoreError>>)> {
    item(1).insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    ensure_eq!(Item::find(&scope()).count(tx.as_ref()).await?, 1);
    let outside = cx.another().await?;
    let change = move || {
        let update = Item::update(&scope()).filter(Item::ID.eq(item(1).id)).set(Item::RANK, 9);
        let outside = Arc::clone(&outside);
        async move { update.existing(outside.as_ref()).await.map(drop) }
    };
    let (came_between, task) = beside(until_done(change)).await;
    Ok((tx, came_between, task))
}

async fn a_change_of_a_row_that_another_changed_since_the_begin_is_contention(cx: &mut Cx) -> Outcome {
    let (tx, came_between, task) = overtaken(cx).await?;
    let update = Item::update(&scope()).filter(Item::ID.eq(item(1).id)).set(Item::SIZE, Some(5));
    let written = update.existing(tx.as_ref()).await.map(drop);
    let done = concluded(written, tx.as_ref(), came_between).await?;
    drop(tx);
    task.await??;
    let size = done.then_some(5);
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![Item { rank: 9, size, ..item(1) }]);
    Ok(())
}

async fn a_touch_of_a_row_that_another_changed_since_the_begin_is_contention(cx: &mut Cx) -> Outcome {
    let (tx, came_between, task) = overtaken(cx).await?;
    let touched = Item::find(&scope()).filter(Item::ID.eq(item(1).id)).touch(tx.as_ref()).await.map(drop);
    concluded(touched, tx.as_ref(), came_between).await?;
    drop(tx);
    Ok(task.await??)
}

async fn a_child_and_the_deletion_of_its_parent_exclude_each_other(cx: &mut Cx) -> Outcome {
    let (branch, leaf) = (Branch::sample(&home(), 1), Leaf::sample(&home(), 1));
    branch.insert(&scope(), cx.db()).await?;
    let tx = begin(cx).await?;
    leaf.insert(&scope(), tx.as_ref()).await?;
    let outside = cx.another().await?;
    let delete = move || {
        let (outside, id) = (Arc::clone(&outside), branch.id.clone());
        async move { Branch::delete(&scope()).by_id(&id, outside.as_ref()).await }
    };
    let (came_between, task) = beside(until_done(delete)).await;
    let committed = tx.commit().await;
    drop(tx);
    task.await??;
    ensure!(!(committed.is_ok() && came_between), "the deletion came in between: {came_between}; got {committed:?}");
    ensure_eq!(Branch::find(&scope()).count(cx.db()).await?, 0);
    ensure_eq!(Leaf::find(&scope()).count(cx.db()).await?, 0, "children without a parent");
    Ok(())
}
