//! The closure that is run in a transaction.

use std::sync::atomic::{AtomicU32, Ordering};

use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::store::{MAX_ATTEMPTS, Transactions};

use super::{item, scope, shown};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ended, ensure, ensure_eq};
use crate::fixture::Item;

pub(super) fn cases() -> Vec<Case> {
    cases!("closures" {
        direct: [
            are_committed_where_they_succeed,
            are_rolled_back_where_they_fail,
            run_once_where_the_error_is_not_transient,
            run_again_where_contention_made_them_fail,
            end_after_the_greatest_number_of_attempts,
            cannot_hide_that_their_transaction_ended,
        ]
    })
}

async fn are_committed_where_they_succeed(cx: &mut Cx) -> Outcome {
    let item_one = item(1);
    let answer = cx.store().transaction(|tx| {
        let item = item_one.clone();
        async move {
            item.insert(&scope(), tx.as_ref()).await?;
            Ok::<_, StoreError>("done")
        }
    });
    ensure_eq!(answer.await?, "done");
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![item_one]);
    Ok(())
}

async fn are_rolled_back_where_they_fail(cx: &mut Cx) -> Outcome {
    let runs = AtomicU32::new(0);
    let answer = cx.store().transaction(|tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        async move {
            item(1).insert(&scope(), tx.as_ref()).await?;
            Err::<(), Error>(Error::new(Code::InvalidRequest, "no"))
        }
    });
    let answer = answer.await;
    ensure!(answer.is_err_and(|error| error.code() == Code::InvalidRequest), "the closure's own error comes back");
    ensure_eq!(runs.load(Ordering::SeqCst), 1);
    ensure_eq!(shown(cx).await?, 0);
    Ok(())
}

async fn run_once_where_the_error_is_not_transient(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let runs = AtomicU32::new(0);
    let answer = cx.store().transaction(|tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        async move {
            item(2).insert(&scope(), tx.as_ref()).await?;
            item(1).insert(&scope(), tx.as_ref()).await
        }
    });
    conflict(answer.await, "conformance_items_pkey")?;
    ensure_eq!(runs.load(Ordering::SeqCst), 1);
    ensure_eq!(shown(cx).await?, 1);
    Ok(())
}

async fn run_again_where_contention_made_them_fail(cx: &mut Cx) -> Outcome {
    let runs = AtomicU32::new(0);
    let answer = cx.store().transaction(|tx| {
        let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            item(run).insert(&scope(), tx.as_ref()).await?;
            if run < 4 { Err(StoreError::contention()) } else { Ok(run) }
        }
    });
    ensure_eq!(answer.await?, 4);
    ensure_eq!(Item::find(&scope()).all(cx.db()).await?, vec![item(4)], "what the runs before it wrote is gone");
    Ok(())
}

async fn end_after_the_greatest_number_of_attempts(cx: &mut Cx) -> Outcome {
    let runs = AtomicU32::new(0);
    let answer = cx.store().transaction(|tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        async move {
            item(1).insert(&scope(), tx.as_ref()).await?;
            Err::<(), _>(StoreError::contention())
        }
    });
    ensure!(answer.await.is_err_and(|error| error.is_transient()), "contention is reported");
    ensure_eq!(runs.load(Ordering::SeqCst), MAX_ATTEMPTS);
    ensure_eq!(shown(cx).await?, 0);
    Ok(())
}

async fn cannot_hide_that_their_transaction_ended(cx: &mut Cx) -> Outcome {
    item(1).insert(&scope(), cx.db()).await?;
    let answer = cx.store().transaction(|tx| async move {
        item(2).insert(&scope(), tx.as_ref()).await?;
        // The conflict ends the transaction, though the closure does not mind it.
        let _ = item(1).insert(&scope(), tx.as_ref()).await;
        Ok::<_, StoreError>(())
    });
    ended(answer.await)?;
    ensure_eq!(shown(cx).await?, 1);
    Ok(())
}
