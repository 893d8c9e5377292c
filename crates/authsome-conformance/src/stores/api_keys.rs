//! API keys.

use authsome_core::apikey::{ApiKey, ApiKeyStore};
use authsome_core::entity::{Entity, Page};
use authsome_core::id::ApiKeyId;

use super::{elsewhere, home, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, not_found, there};
use crate::fixture::{Sample, at, hash, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("api_keys" {
        both: [
            a_key_is_found_by_id_hash_and_prefix,
            a_hash_is_taken_once,
            a_key_is_updated_and_deleted,
            a_use_of_a_key_is_noted,
            a_key_is_revoked_once,
            keys_are_listed_newest_first,
            a_users_keys_are_deleted_in_batches,
        ]
    })
}

async fn key(cx: &Cx, number: u32) -> Outcome<ApiKey> {
    let key = ApiKey { user_id: Some(id(1)), ..ApiKey::sample(&home(), number) };
    cx.db().create_api_key(&scope(), &key).await?;
    Ok(key)
}

fn newest_first(numbers: impl IntoIterator<Item = u32>) -> Vec<ApiKeyId> {
    let mut ids: Vec<ApiKeyId> = numbers.into_iter().map(id).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(*id));
    ids
}

async fn a_key_is_found_by_id_hash_and_prefix(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let first = key(cx, 1).await?;
    key(cx, 2).await?;
    let third = ApiKey { prefix: first.prefix.clone(), user_id: None, ..ApiKey::sample(&home(), 3) };
    cx.db().create_api_key(&scope(), &third).await?;
    ensure_eq!(cx.db().api_key(&scope(), id(1)).await?.as_ref(), Some(&first));
    ensure_eq!(cx.db().api_key_by_hash(&scope(), &first.hash).await?.as_ref(), Some(&first));
    ensure_eq!(cx.db().api_key(&scope(), id(9)).await?, None);
    ensure_eq!(cx.db().api_key_by_hash(&scope(), &hash(&home(), 9)).await?, None);
    ensure_eq!(cx.db().api_key_by_hash(&elsewhere().scope, &first.hash).await?, None);
    let found = cx.db().api_keys_by_prefix(&scope(), &first.prefix).await?;
    ensure_eq!(found.iter().map(|key| key.id).collect::<Vec<_>>(), newest_first([1, 3]));
    ensure_eq!(cx.db().api_keys_by_prefix(&scope(), "ak_").await?, Vec::new(), "a part of a prefix");
    Ok(())
}

async fn a_hash_is_taken_once(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let first = key(cx, 1).await?;
    cx.settle().await?;
    let second = ApiKey { id: id(2), ..first };
    conflict(cx.db().create_api_key(&scope(), &second).await, "authsome_api_keys_hash_key")?;
    cx.recover().await
}

async fn a_key_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let before = key(cx, 1).await?;
    let changed = ApiKey {
        name: "New".to_owned(),
        permissions: Vec::new(),
        expires_at: Some(at(9)),
        user_id: None,
        ..before.clone()
    };
    ensure_eq!(cx.db().update_api_key(&scope(), &before, &changed).await?, changed);
    ensure_eq!(cx.db().update_api_key(&scope(), &before, &before).await?, changed, "what another one changed stays");
    ensure_eq!(cx.db().api_key(&scope(), id(1)).await?.as_ref(), Some(&changed));
    cx.db().delete_api_key(&scope(), id(1)).await?;
    not_found(cx.db().update_api_key(&scope(), &before, &changed).await)?;
    not_found(cx.db().delete_api_key(&scope(), id(1)).await)
}

async fn a_use_of_a_key_is_noted(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let before = key(cx, 1).await?;
    cx.db().touch_api_key(&scope(), id(1), at(60)).await?;
    ensure_eq!(cx.db().api_key(&scope(), id(1)).await?, Some(ApiKey { last_used_at: Some(at(60)), ..before }));
    not_found(cx.db().touch_api_key(&scope(), id(2), at(60)).await)
}

async fn a_key_is_revoked_once(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let before = key(cx, 1).await?;
    ensure!(!cx.db().revoke_api_key(&elsewhere().scope, id(1), at(5)).await?, "in another environment");
    ensure!(cx.db().revoke_api_key(&scope(), id(1), at(5)).await?, "the first time");
    ensure!(!cx.db().revoke_api_key(&scope(), id(1), at(6)).await?, "the second time");
    ensure!(!cx.db().revoke_api_key(&scope(), id(2), at(6)).await?, "no such key");
    let revoked = ApiKey { revoked_at: Some(at(5)), updated_at: at(5), ..before };
    ensure_eq!(cx.db().api_key(&scope(), id(1)).await?, Some(revoked));
    Ok(())
}

async fn keys_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    for number in 1..=4 {
        key(cx, number).await?;
    }
    cx.db().create_api_key(&scope(), &ApiKey { user_id: None, ..ApiKey::sample(&home(), 5) }).await?;
    let first = cx.db().list_api_keys(&scope(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_api_keys(&scope(), Page::after(after, 3)).await?;
    let seen: Vec<ApiKeyId> = first.data.iter().chain(&rest.data).map(|key| key.id).collect();
    ensure_eq!(seen, newest_first(1..=5));
    let of_user = cx.db().list_user_api_keys(&scope(), id(1), Page::default()).await?;
    ensure_eq!(of_user.data.iter().map(|key| key.id).collect::<Vec<_>>(), newest_first(1..=4));
    Ok(())
}

async fn a_users_keys_are_deleted_in_batches(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    for number in 1..=3 {
        key(cx, number).await?;
    }
    cx.db().create_api_key(&scope(), &ApiKey { user_id: None, ..ApiKey::sample(&home(), 4) }).await?;
    ensure_eq!(cx.db().delete_user_api_keys(&scope(), id(1), 2).await?, 2);
    ensure_eq!(cx.db().delete_user_api_keys(&scope(), id(1), 2).await?, 1);
    ensure_eq!(cx.db().delete_user_api_keys(&scope(), id(1), 2).await?, 0);
    ensure_eq!(ApiKey::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}
