//! Rules that span rows hold, whoever writes at the same time.

use std::collections::BTreeSet;

use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::error::StoreError;
use authsome_core::id::OrganizationId;
use authsome_core::organization::{Member, Organization, Role};
use authsome_core::store::Transactions;

use super::{CALLERS, Pair, at_last, did, each_once, home, item, race, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::{Branch, Item, Leaf, Nail, Sample, at, code, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("races" {
        direct: [
            no_update_of_a_transaction_is_lost,
            the_last_owner_stays,
            the_default_environment_is_one,
            no_child_outlives_its_parent,
            no_parent_is_deleted_below_a_child_that_holds_it,
            a_reader_sees_all_of_a_transaction_or_nothing,
        ]
    })
}

/// Whether it was done; false if a reference prevented it.
fn referred(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(StoreError::Reference { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn no_update_of_a_transaction_is_lost(cx: &mut Cx) -> Outcome {
    item().insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move {
            at_last(|| {
                store.transaction(|tx| async move {
                    let by_id = || Item::ID.eq(item().id);
                    let found = Item::find(&scope()).filter(by_id()).one(tx.as_ref()).await?;
                    let rank = found.map_or(0, |item| item.rank) + 1;
                    Item::update(&scope()).filter(by_id()).set(Item::RANK, rank).existing(tx.as_ref()).await?;
                    Ok::<_, StoreError>(u32::try_from(rank).unwrap_or(0))
                })
            })
            .await
        }
    });
    each_once(answers.await?)?;
    ensure_eq!(Item::find(&scope()).one(cx.db()).await?.map(|item| item.rank), Some(i64::from(CALLERS)));
    Ok(())
}

async fn the_last_owner_stays(cx: &mut Cx) -> Outcome {
    const OWNERS: u32 = 10;
    cx.store().create_organization(&scope(), &Organization::sample(&home(), 1)).await?;
    for number in 1..=OWNERS {
        user(cx, number).await?;
        let owner = Member { organization_id: id(1), role: Role::Owner, ..Member::sample(&home(), number) };
        cx.store().create_member(&scope(), &owner).await?;
    }
    let pair = Pair::of(cx).await?;
    let answers = race(OWNERS, |caller| {
        let store = pair.for_caller(caller);
        async move {
            at_last(|| {
                store.transaction(|tx| async move {
                    let acme: OrganizationId = id(1);
                    Organization::find(&scope()).filter(Organization::ID.eq(acme)).touch(tx.as_ref()).await?;
                    if tx.count_members(&scope(), id(1), Role::Owner).await? < 2 {
                        return Ok(false);
                    }
                    tx.delete_member(&scope(), id(caller + 1)).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await
        }
    });
    ensure_eq!(answers.await?.into_iter().filter(|left| !left).count(), 1, "those who had to stay");
    ensure_eq!(cx.store().count_members(&scope(), id(1), Role::Owner).await?, 1);
    Ok(())
}

async fn the_default_environment_is_one(cx: &mut Cx) -> Outcome {
    let app = scope().app_id;
    for number in 1..=10 {
        cx.store().create_environment(app, &Environment::sample(&home(), number)).await?;
    }
    let pair = Pair::of(cx).await?;
    let answers = race(10, |caller| {
        let store = pair.for_caller(caller);
        async move {
            let moved = at_last(|| {
                store.transaction(|tx| async move {
                    tx.clear_default_environment(app, at(1)).await?;
                    tx.mark_default_environment(app, id(caller + 1), at(1)).await?;
                    Ok::<_, StoreError>(())
                })
            });
            // Of two that find no default, one may be refused by the key.
            did(moved.await, "authsome_environments_default_key")
        }
    });
    ensure!(answers.await?.contains(&true), "one of them is the default");
    let all = Environment::find(&app).filter(Environment::IS_DEFAULT.eq(true)).count(cx.db()).await?;
    ensure_eq!(all, 1);
    Ok(())
}

async fn no_child_outlives_its_parent(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let leaf = Leaf { branch_id: code(1), ..Leaf::sample(&home(), caller) };
        async move {
            let run = || async {
                if caller == 25 {
                    Branch::delete(&scope()).by_id(&code(1), store.as_ref()).await.map(|()| true)
                } else {
                    referred(leaf.insert(&scope(), store.as_ref()).await)
                }
            };
            at_last(run).await
        }
    });
    answers.await?;
    ensure_eq!(Branch::find(&scope()).count(cx.db()).await?, 0);
    ensure_eq!(Leaf::find(&scope()).count(cx.db()).await?, 0);
    Ok(())
}

async fn no_parent_is_deleted_below_a_child_that_holds_it(cx: &mut Cx) -> Outcome {
    for number in 1..=10 {
        Branch::sample(&home(), number).insert(&scope(), cx.db()).await?;
    }
    let pair = Pair::of(cx).await?;
    let answers = race(20, |caller| {
        let store = pair.for_caller(caller / 2);
        let number = caller / 2 + 1;
        async move {
            let run = || async {
                if caller.is_multiple_of(2) {
                    referred(Branch::delete(&scope()).by_id(&code(number), store.as_ref()).await)
                } else {
                    let nail = Nail { leaf_id: None, ..Nail::sample(&home(), number) };
                    referred(nail.insert(&scope(), store.as_ref()).await)
                }
            };
            at_last(run).await
        }
    });
    let done = answers.await?.into_iter().filter(|done| *done).count();
    ensure_eq!(done, 10, "of each pair one is done");
    let branches: BTreeSet<String> = Branch::find(&scope()).all(cx.db()).await?.into_iter().map(|b| b.id).collect();
    let held: BTreeSet<String> = Nail::find(&scope()).all(cx.db()).await?.into_iter().map(|n| n.branch_id).collect();
    ensure_eq!(branches, held, "branches that are there, and those that are held");
    Ok(())
}

async fn a_reader_sees_all_of_a_transaction_or_nothing(cx: &mut Cx) -> Outcome {
    let accounts = [1, 2].map(|number| Item { rank: 1_000, ..Item::sample(&home(), number) });
    Item::insert_all(&accounts, &scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let sums = race(20, |caller| {
        let store = pair.for_caller(caller / 2);
        async move {
            let mut sums = Vec::new();
            for _ in 0..10 {
                if caller.is_multiple_of(2) {
                    let move_one = || {
                        store.transaction(|tx| async move {
                            for (number, by) in [(1, -1), (2, 1)] {
                                let update = Item::update(&scope()).filter(Item::ID.eq(code(number)));
                                update.increment(Item::RANK, by).existing(tx.as_ref()).await?;
                            }
                            Ok::<_, StoreError>(())
                        })
                    };
                    at_last(move_one).await?;
                } else {
                    let found = Item::find(&scope()).all(store.as_ref()).await?;
                    sums.push(found.into_iter().map(|item| item.rank).sum::<i64>());
                    tokio::task::yield_now().await;
                }
            }
            Ok(sums)
        }
    });
    let sums: BTreeSet<i64> = sums.await?.into_iter().flatten().collect();
    ensure_eq!(sums, BTreeSet::from([2_000]));
    let first = Item::find(&scope()).filter(Item::ID.eq(code(1))).one(cx.db()).await?;
    ensure_eq!(first.map(|item| item.rank), Some(900));
    Ok(())
}
