//! Each of fifty callers gets its own.

use std::collections::BTreeSet;

use authsome_core::attempt::{Lockout, RateWindow};
use authsome_core::device::Device;
use authsome_core::entity::Entity;

use super::{CALLERS, Pair, each_once, home, item, race, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq};
use crate::fixture::{Item, Sample, at, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("races" {
        direct: [
            each_caller_counts_its_own_failure,
            each_caller_counts_its_own_request,
            each_caller_counts_in_an_update,
            each_caller_upserts_the_one_row,
            each_caller_sees_the_one_device,
            each_row_is_deleted_by_one_caller,
        ]
    })
}

async fn each_caller_counts_its_own_failure(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { Ok(Lockout::count_failure(&scope(), "alice", at(60), store.as_ref()).await?.failures) }
    });
    each_once(answers.await?)
}

async fn each_caller_counts_its_own_request(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { RateWindow::count(&scope(), "key", at(60), store.as_ref()).await }
    });
    each_once(answers.await?)
}

async fn each_caller_counts_in_an_update(cx: &mut Cx) -> Outcome {
    item().insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let update = Item::update(&scope()).filter(Item::ID.eq(item().id)).increment(Item::RANK, 1);
        async move { Ok(u32::try_from(update.existing(store.as_ref()).await?.rank).unwrap_or(0)) }
    });
    each_once(answers.await?)
}

async fn each_caller_upserts_the_one_row(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let item = Item { code: "same".to_owned(), rank: 1, ..Item::sample(&home(), caller) };
        async move {
            let upsert = item.upsert(&scope()).on(Item::CODE).increment(Item::RANK, 1);
            Ok(u32::try_from(upsert.run(store.as_ref()).await?.rank).unwrap_or(0))
        }
    });
    each_once(answers.await?)?;
    ensure_eq!(Item::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn each_caller_sees_the_one_device(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let sample = Device::sample(&home(), caller);
        let device = Device { user_id: id(1), fingerprint: [7; 32], ..sample };
        async move { Ok(store.see_device(&scope(), &device).await?.id) }
    });
    let ids: BTreeSet<_> = answers.await?.into_iter().collect();
    ensure_eq!(ids.len(), 1, "devices with one fingerprint");
    Ok(())
}

async fn each_row_is_deleted_by_one_caller(cx: &mut Cx) -> Outcome {
    let items: Vec<Item> = (1..=500).map(|number| Item::sample(&home(), number)).collect();
    Item::insert_all(&items, &scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { Item::delete(&scope()).batch(11, store.as_ref()).await }
    });
    ensure_eq!(answers.await?.into_iter().sum::<u64>(), 500);
    ensure_eq!(Item::find(&scope()).count(cx.db()).await?, 0);
    Ok(())
}
