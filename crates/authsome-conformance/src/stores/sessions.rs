//! Sessions and refresh tokens.

use std::time::Duration;

use authsome_core::authenticator;
use authsome_core::entity::{Entity, Page};
use authsome_core::id::{DeviceId, OrganizationId, SessionId};
use authsome_core::session::{RefreshToken, Session, SessionStore};

use super::{elsewhere, home, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, not_found, reference, there};
use crate::fixture::{Sample, at, hash, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("sessions" {
        both: [
            a_session_is_found_by_id_and_by_token,
            a_session_of_nobody_is_refused,
            a_token_is_taken_once,
            an_update_writes_every_field_and_keeps_the_id,
            a_touch_notes_what_is_stale_alone,
            the_active_organization_is_set_and_unset,
            a_session_is_renewed_once_by_those_who_read_it_at_once,
            a_sessions_refresh_tokens_end_without_it_and_without_anothers,
            a_deleted_session_takes_its_refresh_tokens_with_it,
            a_users_sessions_end_in_batches_except_one,
            an_environments_sessions_end_in_batches,
            a_device_is_untied_from_its_sessions,
            a_list_shows_a_users_sessions_newest_first,
            the_oldest_come_first_where_they_are_to_end,
            those_that_are_alive_are_counted_and_found_among_a_users,
            a_refresh_token_leads_to_its_session,
            a_refresh_token_of_no_session_is_refused,
            a_refresh_token_is_consumed_once_and_in_time,
            expired_sessions_go_whatever_their_environment,
        ]
    })
}

/// Adds the session of this number, of user 1.
async fn session(cx: &Cx, number: u32) -> Outcome<Session> {
    let session = Session { user_id: id(1), ..Session::sample(&home(), number) };
    cx.db().create_session(&scope(), &session).await?;
    Ok(session)
}

async fn a_session_is_found_by_id_and_by_token(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let session_one = session(cx, 1).await?;
    session(cx, 2).await?;
    ensure_eq!(cx.db().session(&scope(), id(1)).await?.as_ref(), Some(&session_one));
    ensure_eq!(cx.db().session_by_token(&scope(), &session_one.token_hash).await?.as_ref(), Some(&session_one));
    ensure_eq!(cx.db().session(&scope(), id(3)).await?, None);
    ensure_eq!(cx.db().session_by_token(&scope(), &hash(&home(), 3)).await?, None);
    ensure_eq!(cx.db().session_by_token(&elsewhere().scope, &session_one.token_hash).await?, None);
    Ok(())
}

async fn a_session_of_nobody_is_refused(cx: &mut Cx) -> Outcome {
    let session = Session::sample(&home(), 1);
    reference(cx.db().create_session(&scope(), &session).await, "authsome_sessions_user_id_fkey")?;
    cx.recover().await
}

async fn a_token_is_taken_once(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let first = session(cx, 1).await?;
    cx.settle().await?;
    let second = Session { user_id: id(1), token_hash: first.token_hash, ..Session::sample(&home(), 2) };
    conflict(cx.db().create_session(&scope(), &second).await, "authsome_sessions_token_key")?;
    cx.recover().await
}

async fn an_update_writes_every_field_and_keeps_the_id(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let before = session(cx, 1).await?;
    let changed = Session {
        token_hash: hash(&home(), 9),
        ip: None,
        user_agent: Some("curl/8".to_owned()),
        amr: vec!["pwd".to_owned(), "otp".to_owned()],
        expires_at: at(9),
        ..before.clone()
    };
    ensure_eq!(cx.db().update_session(&scope(), &before, &changed).await?, changed);
    ensure_eq!(cx.db().update_session(&scope(), &before, &before).await?, changed, "what another one changed stays");
    ensure_eq!(cx.db().session_by_token(&scope(), &before.token_hash).await?, None, "the token before");
    ensure_eq!(cx.db().session_by_token(&scope(), &changed.token_hash).await?, Some(changed.clone()));
    not_found(cx.db().update_session(&scope(), &Session { id: id(2), ..before }, &changed).await)
}

async fn a_touch_notes_what_is_stale_alone(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    session(cx, 1).await?;
    ensure!(!cx.db().touch_session(&scope(), id(1), at(30), at(-30)).await?, "seen after the stale moment");
    ensure!(!cx.db().touch_session(&scope(), id(1), at(30), at(0)).await?, "seen at the stale moment");
    ensure!(cx.db().touch_session(&scope(), id(1), at(90), at(30)).await?, "seen before the stale moment");
    ensure!(!cx.db().touch_session(&scope(), id(1), at(91), at(31)).await?, "seen just now");
    ensure!(!cx.db().touch_session(&scope(), id(2), at(90), at(30)).await?, "no such session");
    ensure_eq!(cx.db().session(&scope(), id(1)).await?.map(|session| session.last_seen_at), Some(at(90)));
    Ok(())
}

async fn the_active_organization_is_set_and_unset(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let before = session(cx, 1).await?;
    let organization: OrganizationId = id(3);
    let set = cx.db().set_session_organization(&scope(), id(1), Some(organization)).await?;
    ensure_eq!(set, Session { organization_id: Some(organization), ..before.clone() });
    ensure_eq!(cx.db().set_session_organization(&scope(), id(1), None).await?, before);
    not_found(cx.db().set_session_organization(&scope(), id(2), None).await)
}

async fn a_session_is_renewed_once_by_those_who_read_it_at_once(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let before = session(cx, 1).await?;
    let after = Session { authenticated_at: at(60), token_hash: hash(&home(), 9), ..before.clone() };
    ensure_eq!(cx.db().renew_session(&scope(), &before, &after).await?, Some(after.clone()));
    ensure_eq!(
        cx.db().renew_session(&scope(), &before, &Session { token_hash: hash(&home(), 8), ..before.clone() }).await?,
        None
    );
    ensure_eq!(cx.db().session(&scope(), id(1)).await?, Some(after));
    let unknown = Session { id: id(2), ..before };
    ensure_eq!(
        cx.db().renew_session(&scope(), &unknown, &Session { token_hash: hash(&home(), 7), ..unknown.clone() }).await?,
        None
    );
    Ok(())
}

async fn a_sessions_refresh_tokens_end_without_it_and_without_anothers(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    for number in [1, 2] {
        session(cx, number).await?;
        cx.db().create_refresh_token(&scope(), &RefreshToken::sample(&home(), number)).await?;
    }
    ensure_eq!(cx.db().delete_session_refresh_tokens(&scope(), id(1), 10).await?, 1);
    ensure_eq!(cx.db().delete_session_refresh_tokens(&scope(), id(1), 10).await?, 0);
    ensure!(cx.db().session(&scope(), id(1)).await?.is_some(), "the session lives on");
    ensure_eq!(RefreshToken::find(&scope()).all(cx.db()).await?, vec![RefreshToken::sample(&home(), 2)]);
    Ok(())
}

async fn a_deleted_session_takes_its_refresh_tokens_with_it(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    for number in [1, 2] {
        session(cx, number).await?;
        cx.db().create_refresh_token(&scope(), &RefreshToken::sample(&home(), number)).await?;
    }
    cx.db().delete_session(&scope(), id(1)).await?;
    ensure_eq!(cx.db().session(&scope(), id(1)).await?, None);
    ensure_eq!(RefreshToken::find(&scope()).all(cx.db()).await?, vec![RefreshToken::sample(&home(), 2)]);
    not_found(cx.db().delete_session(&scope(), id(1)).await)
}

async fn a_users_sessions_end_in_batches_except_one(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    for number in 1..=5 {
        session(cx, number).await?;
    }
    let other = Session { user_id: id(2), ..Session::sample(&home(), 6) };
    cx.db().create_session(&scope(), &other).await?;
    ensure_eq!(cx.db().delete_user_sessions(&scope(), id(1), Some(id(3)), 3).await?, 3);
    ensure_eq!(cx.db().delete_user_sessions(&scope(), id(1), Some(id(3)), 3).await?, 1);
    ensure_eq!(cx.db().delete_user_sessions(&scope(), id(1), Some(id(3)), 3).await?, 0);
    ensure!(cx.db().session(&scope(), id(3)).await?.is_some(), "the session that is kept");
    ensure_eq!(cx.db().delete_user_sessions(&scope(), id(1), None, 3).await?, 1);
    ensure_eq!(Session::find(&scope()).all(cx.db()).await?, vec![other], "another user's");
    Ok(())
}

async fn an_environments_sessions_end_in_batches(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    for number in 1..=3 {
        session(cx, number).await?;
    }
    ensure_eq!(cx.db().delete_sessions(&elsewhere().scope, 10).await?, 0);
    ensure_eq!(cx.db().delete_sessions(&scope(), 2).await?, 2);
    ensure_eq!(cx.db().delete_sessions(&scope(), 2).await?, 1);
    ensure_eq!(cx.db().delete_sessions(&scope(), 2).await?, 0);
    Ok(())
}

async fn a_device_is_untied_from_its_sessions(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let (mine, other): (DeviceId, DeviceId) = (id(1), id(2));
    for (number, device) in [(1, Some(mine)), (2, Some(mine)), (3, Some(other)), (4, None)] {
        let session = Session { user_id: id(1), device_id: device, ..Session::sample(&home(), number) };
        cx.db().create_session(&scope(), &session).await?;
    }
    ensure_eq!(cx.db().clear_session_device(&scope(), mine).await?, 2);
    ensure_eq!(cx.db().clear_session_device(&scope(), mine).await?, 0);
    ensure_eq!(cx.db().session(&scope(), id(1)).await?.and_then(|session| session.device_id), None);
    ensure_eq!(cx.db().session(&scope(), id(3)).await?.and_then(|session| session.device_id), Some(other));
    Ok(())
}

async fn a_list_shows_a_users_sessions_newest_first(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    let mut expected: Vec<SessionId> = Vec::new();
    for number in 1..=5 {
        expected.push(session(cx, number).await?.id);
    }
    cx.db().create_session(&scope(), &Session { user_id: id(2), ..Session::sample(&home(), 9) }).await?;
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    let first = cx.db().list_user_sessions(&scope(), id(1), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let second = cx.db().list_user_sessions(&scope(), id(1), Page::after(after, 3)).await?;
    let seen: Vec<SessionId> = first.data.iter().chain(&second.data).map(|session| session.id).collect();
    ensure_eq!(seen, expected);
    ensure_eq!(second.next_cursor, None);
    Ok(())
}

async fn the_oldest_come_first_where_they_are_to_end(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let mut ids: Vec<SessionId> = Vec::new();
    for number in 1..=4 {
        ids.push(session(cx, number).await?.id);
    }
    ids.sort();
    let oldest = cx.db().oldest_user_sessions(&scope(), id(1), Session::alive(at(0), Duration::ZERO), 2).await?;
    let oldest: Vec<SessionId> = oldest.into_iter().map(|session| session.id).collect();
    ensure_eq!(oldest.as_slice(), ids.get(..2).unwrap_or_default());
    Ok(())
}

async fn those_that_are_alive_are_counted_and_found_among_a_users(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    for (number, seen, ends) in [(1, 0, 900), (2, 300, 900), (3, 301, 900), (4, 900, 600), (5, 900, 901)] {
        let times = (at(seen), at(ends));
        let session = Session { user_id: id(1), last_seen_at: times.0, ..Session::sample(&home(), number) };
        cx.db().create_session(&scope(), &Session { refresh_expires_at: times.1, ..session }).await?;
    }
    session_of_another(cx).await?;
    let idle = Duration::from_secs(600);
    for (now, idle_timeout, expected) in [
        (599, Duration::ZERO, &[1, 2, 3, 4, 5][..]),
        (600, Duration::ZERO, &[1, 2, 3, 5]),
        (899, Duration::ZERO, &[1, 2, 3, 5]),
        (900, Duration::ZERO, &[5]),
        (599, idle, &[1, 2, 3, 4, 5]),
        (600, idle, &[2, 3, 5]),
        (899, idle, &[2, 3, 5]),
        (900, idle, &[5]),
        (901, idle, &[]),
    ] {
        let alive = Session::alive(at(now), idle_timeout);
        let found = cx.db().oldest_user_sessions(&scope(), id(1), alive.clone(), 10).await?;
        let mut found: Vec<SessionId> = found.into_iter().map(|session| session.id).collect();
        let mut expected: Vec<SessionId> = expected.iter().copied().map(id).collect();
        found.sort();
        expected.sort();
        ensure_eq!(found, expected);
        ensure_eq!(cx.db().count_user_sessions(&scope(), id(1), alive).await?, expected.len() as u64);
    }
    Ok(())
}

async fn session_of_another(cx: &mut Cx) -> Outcome {
    let session = Session { user_id: id(2), last_seen_at: at(900), ..Session::sample(&home(), 9) };
    Ok(cx.db().create_session(&scope(), &session).await?)
}

async fn a_refresh_token_leads_to_its_session(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let (first, second) = (session(cx, 1).await?, session(cx, 2).await?);
    let tokens = [1, 2, 3].map(|number| RefreshToken {
        session_id: if number == 3 { first.id } else { id(number) },
        ..RefreshToken::sample(&home(), number)
    });
    for token in &tokens {
        cx.db().create_refresh_token(&scope(), token).await?;
    }
    let [one, two, three] = tokens;
    ensure_eq!(cx.db().session_by_refresh_token(&scope(), &one.hash).await?, Some((first.clone(), one)));
    ensure_eq!(cx.db().session_by_refresh_token(&scope(), &two.hash).await?, Some((second, two)));
    ensure_eq!(cx.db().session_by_refresh_token(&scope(), &three.hash).await?, Some((first, three.clone())));
    ensure_eq!(cx.db().session_by_refresh_token(&scope(), &hash(&home(), 9)).await?, None);
    ensure_eq!(cx.db().session_by_refresh_token(&elsewhere().scope, &three.hash).await?, None);
    Ok(())
}

async fn a_refresh_token_of_no_session_is_refused(cx: &mut Cx) -> Outcome {
    let token = RefreshToken::sample(&home(), 1);
    let refused = cx.db().create_refresh_token(&scope(), &token).await;
    reference(refused, "authsome_refresh_tokens_session_id_fkey")?;
    cx.recover().await
}

async fn a_refresh_token_is_consumed_once_and_in_time(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    session(cx, 1).await?;
    let token = RefreshToken { expires_at: at(60), ..RefreshToken::sample(&home(), 1) };
    let late = RefreshToken { session_id: id(1), expires_at: at(30), ..RefreshToken::sample(&home(), 2) };
    cx.db().create_refresh_token(&scope(), &token).await?;
    cx.db().create_refresh_token(&scope(), &late).await?;
    ensure_eq!(cx.db().consume_refresh_token(&scope(), late.id, at(30)).await?, None, "it expires at its end");
    ensure_eq!(cx.db().consume_refresh_token(&elsewhere().scope, token.id, at(30)).await?, None);
    let consumed = RefreshToken { consumed_at: Some(at(30)), ..token };
    ensure_eq!(cx.db().consume_refresh_token(&scope(), id(1), at(30)).await?, Some(consumed.clone()));
    ensure_eq!(cx.db().consume_refresh_token(&scope(), id(1), at(31)).await?, None, "the second time");
    let found = there(cx.db().session_by_refresh_token(&scope(), &consumed.hash).await?, "a consumed token")?;
    ensure_eq!(found.1, consumed);
    Ok(())
}

async fn expired_sessions_go_whatever_their_environment(cx: &mut Cx) -> Outcome {
    use authsome_core::user::{User, UserStore};
    for home in [home(), elsewhere()] {
        cx.db().create_user(&home.scope, &User::sample(&home, 1)).await?;
        for (number, end) in [(1, 10), (2, 20), (3, 30)] {
            let ends = Session { user_id: id(1), refresh_expires_at: at(end), ..Session::sample(&home, number) };
            cx.db().create_session(&home.scope, &ends).await?;
        }
    }
    ensure_eq!(
        authenticator::delete_expired::<Session>(at(10), 100, cx.db()).await?,
        0,
        "the end itself is not before the end"
    );
    ensure_eq!(authenticator::delete_expired::<Session>(at(25), 3, cx.db()).await?, 3);
    ensure_eq!(authenticator::delete_expired::<Session>(at(25), 3, cx.db()).await?, 1);
    ensure_eq!(authenticator::delete_expired::<Session>(at(25), 3, cx.db()).await?, 0);
    for home in [home(), elsewhere()] {
        let left: Vec<SessionId> = Session::find(&home.scope).all(cx.db()).await?.iter().map(|s| s.id).collect();
        ensure_eq!(left, vec![id(3)]);
    }
    Ok(())
}
