//! The queue of notifications.

use authsome_core::authenticator;
use authsome_core::entity::{Entity, Page};
use authsome_core::id::NotificationId;
use authsome_core::notification::{Notification, NotificationStatus, NotificationStore};

use super::{elsewhere, home, scope};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, not_found, there};
use crate::fixture::{Sample, at, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("notifications" {
        both: [
            a_notification_is_queued_and_found,
            a_notification_is_updated_and_deleted,
            what_is_due_comes_oldest_first_whatever_its_environment,
            a_notification_is_claimed_once_until_it_is_due_again,
            a_finished_notification_is_due_no_more,
            a_postponed_notification_is_due_again_then,
            a_claim_that_was_taken_over_decides_nothing,
            notifications_are_listed_newest_first,
            a_users_notifications_are_deleted_in_batches,
        ]
    })
}

async fn queued(cx: &Cx, number: u32) -> Outcome<Notification> {
    let notification = Notification::sample(&home(), number);
    cx.db().create_notification(&scope(), &notification).await?;
    Ok(notification)
}

async fn due(cx: &Cx, number: u32) -> Outcome<Notification> {
    let notification = Notification { due_at: Some(at(1)), ..Notification::sample(&home(), number) };
    cx.db().create_notification(&scope(), &notification).await?;
    Ok(notification)
}

async fn a_notification_is_queued_and_found(cx: &mut Cx) -> Outcome {
    let notification = queued(cx, 1).await?;
    ensure_eq!(cx.db().notification(&scope(), id(1)).await?.as_ref(), Some(&notification));
    ensure_eq!(cx.db().notification(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().notification(&elsewhere().scope, id(1)).await?, None);
    cx.settle().await?;
    conflict(cx.db().create_notification(&scope(), &notification).await, "authsome_notifications_pkey")?;
    cx.recover().await
}

async fn a_notification_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    let before = queued(cx, 1).await?;
    let changed =
        Notification { attempts: 3, user_id: None, last_error: Some("timed out".to_owned()), ..before.clone() };
    ensure_eq!(cx.db().update_notification(&scope(), &before, &changed).await?, changed);
    ensure_eq!(cx.db().notification(&scope(), id(1)).await?.as_ref(), Some(&changed));
    let other = Notification { due_at: Some(at(70)), ..before.clone() };
    let both = Notification { due_at: Some(at(70)), ..changed.clone() };
    let update = cx.db().update_notification(&scope(), &before, &other).await?;
    ensure_eq!(update, both, "what another one changed stays");
    cx.db().delete_notification(&scope(), id(1)).await?;
    not_found(cx.db().update_notification(&scope(), &before, &changed).await)?;
    not_found(cx.db().delete_notification(&scope(), id(1)).await)
}

async fn what_is_due_comes_oldest_first_whatever_its_environment(cx: &mut Cx) -> Outcome {
    let mut expected: Vec<(NotificationId, u32)> = Vec::new();
    for home in [home(), elsewhere()] {
        for (number, due) in [(1, Some(at(10))), (2, Some(at(20))), (3, Some(at(21))), (4, None), (5, Some(at(-5)))] {
            // The numbers differ between the homes, so that the order of ids is the whole order.
            let number = number + 10 * home.number;
            let notification = Notification { due_at: due, ..Notification::sample(&home, number) };
            cx.db().create_notification(&home.scope, &notification).await?;
            if due.is_some_and(|due| due <= at(20)) {
                expected.push((notification.id, home.number));
            }
        }
    }
    expected.sort();
    let numbered = |found: Vec<Notification>| -> Vec<(NotificationId, u32)> {
        let number = |found: &Notification| if found.scope == scope() { home().number } else { elsewhere().number };
        found.iter().map(|found| (found.id, number(found))).collect()
    };
    ensure_eq!(numbered(authenticator::due::<Notification>(at(20), 100, cx.db()).await?), expected);
    let two = numbered(authenticator::due::<Notification>(at(20), 2, cx.db()).await?);
    ensure_eq!(two.as_slice(), expected.get(..2).unwrap_or_default());
    ensure_eq!(authenticator::due::<Notification>(at(-6), 100, cx.db()).await?, Vec::new());
    Ok(())
}

async fn a_notification_is_claimed_once_until_it_is_due_again(cx: &mut Cx) -> Outcome {
    let before = Notification { due_at: Some(at(10)), ..Notification::sample(&home(), 1) };
    cx.db().create_notification(&scope(), &before).await?;
    ensure_eq!(cx.db().claim_notification(&scope(), id(1), at(9), at(60)).await?, None, "too early");
    ensure_eq!(cx.db().claim_notification(&elsewhere().scope, id(1), at(10), at(60)).await?, None);
    let claimed = Notification { due_at: Some(at(60)), attempts: 1, ..before };
    ensure_eq!(cx.db().claim_notification(&scope(), id(1), at(10), at(60)).await?.as_ref(), Some(&claimed));
    ensure_eq!(cx.db().claim_notification(&scope(), id(1), at(59), at(99)).await?, None, "it is claimed");
    let again = Notification { due_at: Some(at(99)), attempts: 2, ..claimed };
    ensure_eq!(cx.db().claim_notification(&scope(), id(1), at(60), at(99)).await?, Some(again));
    Ok(())
}

async fn a_finished_notification_is_due_no_more(cx: &mut Cx) -> Outcome {
    let (sent, failed) = (due(cx, 1).await?, due(cx, 2).await?);
    let done = cx.db().finish_notification(&scope(), &sent, NotificationStatus::Sent, None, at(5)).await?;
    let expected =
        Notification { status: NotificationStatus::Sent, due_at: None, sent_at: Some(at(5)), ..sent.clone() };
    ensure_eq!(done, Some(expected));
    let (error, status) = (Some("no such host".to_owned()), NotificationStatus::Failed);
    let done = cx.db().finish_notification(&scope(), &failed, status, error.clone(), at(5)).await?;
    let expected = Notification { status, due_at: None, last_error: error, ..failed.clone() };
    ensure_eq!(done, Some(expected));
    ensure_eq!(authenticator::due::<Notification>(at(1_000), 100, cx.db()).await?, Vec::new());
    ensure_eq!(cx.db().claim_notification(&scope(), id(1), at(1_000), at(2_000)).await?, None);
    ensure_eq!(cx.db().finish_notification(&scope(), &failed, NotificationStatus::Sent, None, at(6)).await?, None);
    let missing = Notification { id: id(9), ..sent };
    ensure_eq!(cx.db().finish_notification(&scope(), &missing, NotificationStatus::Sent, None, at(5)).await?, None);
    Ok(())
}

async fn a_postponed_notification_is_due_again_then(cx: &mut Cx) -> Outcome {
    let before = due(cx, 1).await?;
    let error = Some("busy".to_owned());
    let postponed = cx.db().postpone_notification(&scope(), &before, error.clone(), at(50)).await?;
    ensure_eq!(postponed, Some(Notification { due_at: Some(at(50)), last_error: error, ..before }));
    ensure_eq!(cx.db().claim_notification(&scope(), id(1), at(49), at(60)).await?, None);
    ensure!(cx.db().claim_notification(&scope(), id(1), at(50), at(60)).await?.is_some(), "it is due");
    Ok(())
}

async fn a_claim_that_was_taken_over_decides_nothing(cx: &mut Cx) -> Outcome {
    due(cx, 1).await?;
    let late = there(cx.db().claim_notification(&scope(), id(1), at(1), at(2)).await?, "the claim")?;
    let held = there(cx.db().claim_notification(&scope(), id(1), at(2), at(60)).await?, "the claim that took over")?;
    ensure_eq!(cx.db().finish_notification(&scope(), &late, NotificationStatus::Failed, None, at(3)).await?, None);
    ensure_eq!(cx.db().postpone_notification(&scope(), &late, None, at(99)).await?, None);
    ensure_eq!(cx.db().notification(&scope(), id(1)).await?, Some(held.clone()));
    let sent = cx.db().finish_notification(&scope(), &held, NotificationStatus::Sent, None, at(4)).await?;
    ensure!(sent.is_some(), "who holds it says what became of it");
    Ok(())
}

async fn notifications_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    for number in 1..=5 {
        let user_id = if number == 5 { None } else { Some(id(1)) };
        let notification = Notification { user_id, ..Notification::sample(&home(), number) };
        cx.db().create_notification(&scope(), &notification).await?;
    }
    let newest_first = |numbers: std::ops::RangeInclusive<u32>| {
        let mut ids: Vec<NotificationId> = numbers.map(id).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(*id));
        ids
    };
    let first = cx.db().list_notifications(&scope(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_notifications(&scope(), Page::after(after, 3)).await?;
    let seen: Vec<NotificationId> = first.data.iter().chain(&rest.data).map(|found| found.id).collect();
    ensure_eq!(seen, newest_first(1..=5));
    let of_user = cx.db().list_user_notifications(&scope(), id(1), Page::default()).await?;
    ensure_eq!(of_user.data.iter().map(|found| found.id).collect::<Vec<_>>(), newest_first(1..=4));
    Ok(())
}

async fn a_users_notifications_are_deleted_in_batches(cx: &mut Cx) -> Outcome {
    for number in 1..=4 {
        let user_id = if number == 4 { None } else { Some(id(1)) };
        let notification = Notification { user_id, ..Notification::sample(&home(), number) };
        cx.db().create_notification(&scope(), &notification).await?;
    }
    ensure_eq!(cx.db().delete_user_notifications(&scope(), id(1), 2).await?, 2);
    ensure_eq!(cx.db().delete_user_notifications(&scope(), id(1), 2).await?, 1);
    ensure_eq!(cx.db().delete_user_notifications(&scope(), id(1), 2).await?, 0);
    ensure_eq!(Notification::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}
