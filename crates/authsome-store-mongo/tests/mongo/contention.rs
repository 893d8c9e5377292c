//! Transactions of many callers that write one row.

use std::collections::BTreeSet;
use std::sync::Arc;

use authsome_core::attempt::Lockout;
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::scope::Scope;
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::fixture::{Home, settled, user};

const CALLERS: u32 = 100;

/// Counts one failure more, by reading and writing as a sign-in does that touches the user and writes what comes of it.
async fn count(scope: &Scope, tx: &dyn StoreTx) -> Result<u32, StoreError> {
    for _ in 0..3 {
        User::find(scope).all(tx).await?;
    }
    let row = || Lockout::SUBJECT.eq("alice");
    Lockout::find(scope).filter(row()).touch(tx).await?;
    let found = Lockout::find(scope).filter(row()).one(tx).await?.map_or(0, |found| found.failures) + 1;
    Lockout::update(scope).filter(row()).set(Lockout::FAILURES, found).existing(tx).await?;
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_transactions_at_once_on_one_row_all_succeed() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    user(&scope, 1).insert(&scope, &home.store).await.unwrap();
    let first = Lockout {
        subject: "alice".to_owned(),
        scope,
        failures: 0,
        pending: 0,
        locked_until: None,
        expires_at: Timestamp::EPOCH,
    };
    first.insert(&scope, &home.store).await.unwrap();
    let store = Arc::new(home.another().await);
    let gate = Arc::new(Barrier::new(usize::try_from(CALLERS).unwrap()));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (store, gate) = (Arc::clone(&store), Arc::clone(&gate));
        callers.spawn(async move {
            gate.wait().await;
            store.transaction(|tx| async move { count(&scope, &*tx).await }).await
        });
    }
    let (mut counted, mut refused) = (BTreeSet::new(), Vec::new());
    while let Some(answer) = callers.join_next().await {
        match answer.unwrap() {
            Ok(number) => drop(counted.insert(number)),
            Err(error) => refused.push(error),
        }
    }
    assert!(refused.is_empty(), "{} of {CALLERS} were refused: {refused:?}", refused.len());
    assert_eq!(counted, (1..=CALLERS).collect());
    home.leave().await;
}
