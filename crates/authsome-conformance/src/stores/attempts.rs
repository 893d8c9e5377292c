//! Counters of failed attempts and of requests.

use authsome_core::attempt::{Lockout, RateWindow};
use authsome_core::entity::Entity;

use super::{elsewhere, scope};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, backend, ensure_eq};
use crate::fixture::at;

pub(super) fn cases() -> Vec<Case> {
    cases!("attempts" {
        both: [
            failures_are_counted_by_subject_and_environment,
            a_lock_outlives_further_failures,
            requests_are_counted_by_key_and_environment,
            a_count_at_the_end_of_its_range_stays_there,
        ]
    })
}

async fn failures_are_counted_by_subject_and_environment(cx: &mut Cx) -> Outcome {
    for failures in 1..=3 {
        let counted = Lockout::count_failure(&scope(), "alice", at(i64::from(failures)), cx.db()).await?;
        ensure_eq!((counted.failures, counted.expires_at), (failures, at(i64::from(failures))));
    }
    ensure_eq!(Lockout::count_failure(&scope(), "bob", at(9), cx.db()).await?.failures, 1);
    ensure_eq!(Lockout::count_failure(&elsewhere().scope, "alice", at(9), cx.db()).await?.failures, 1);
    Ok(())
}

async fn a_lock_outlives_further_failures(cx: &mut Cx) -> Outcome {
    Lockout::count_failure(&scope(), "alice", at(9), cx.db()).await?;
    let lock = Lockout::update(&scope()).filter(Lockout::SUBJECT.eq("alice"));
    lock.set(Lockout::LOCKED_UNTIL, Some(at(60))).existing(cx.db()).await?;
    let counted = Lockout::count_failure(&scope(), "alice", at(90), cx.db()).await?;
    ensure_eq!((counted.failures, counted.locked_until, counted.expires_at), (2, Some(at(60)), at(90)));
    Ok(())
}

async fn a_count_at_the_end_of_its_range_stays_there(cx: &mut Cx) -> Outcome {
    let full = RateWindow { key: "key".to_owned(), scope: scope(), count: u32::MAX, expires_at: at(60) };
    full.insert(&scope(), cx.db()).await?;
    cx.settle().await?;
    backend(RateWindow::count(&scope(), "key", at(60), cx.db()).await)?;
    cx.recover().await?;
    let update = RateWindow::update(&scope()).filter(RateWindow::KEY.eq("key"));
    ensure_eq!(update.clone().increment(RateWindow::COUNT, 1).one(cx.db()).await?, None);
    ensure_eq!(update.clone().increment(RateWindow::COUNT, i64::MIN).one(cx.db()).await?, None, "below zero");
    ensure_eq!(RateWindow::find(&scope()).all(cx.db()).await?, vec![full]);
    let emptied = update.increment(RateWindow::COUNT, -i64::from(u32::MAX)).existing(cx.db()).await?;
    ensure_eq!(emptied.count, 0);
    Ok(())
}

async fn requests_are_counted_by_key_and_environment(cx: &mut Cx) -> Outcome {
    for count in 1..=3 {
        ensure_eq!(RateWindow::count(&scope(), "key", at(60), cx.db()).await?, count);
    }
    ensure_eq!(RateWindow::count(&scope(), "Key", at(60), cx.db()).await?, 1);
    ensure_eq!(RateWindow::count(&elsewhere().scope, "key", at(60), cx.db()).await?, 1);
    let windows = RateWindow::find(&scope()).filter(RateWindow::KEY.eq("key"));
    ensure_eq!(windows.one(cx.db()).await?.map(|window| window.expires_at), Some(at(60)), "the first one's end");
    Ok(())
}
