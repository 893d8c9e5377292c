//! Devices.

use authsome_core::device::{Device, DeviceStore};
use authsome_core::entity::{Entity, Page};
use authsome_core::id::DeviceId;

use super::{elsewhere, home, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure_eq, not_found, reference, there};
use crate::fixture::{Sample, at, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("devices" {
        both: [
            a_device_is_found_by_id_and_by_fingerprint,
            a_users_fingerprint_is_taken_once,
            a_device_that_is_seen_is_added_or_noted,
            a_device_of_nobody_is_refused,
            a_device_is_updated_and_deleted,
            a_users_devices_are_listed_newest_first,
        ]
    })
}

async fn a_device_is_found_by_id_and_by_fingerprint(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    let device = Device::sample(&home(), 1);
    cx.db().create_device(&scope(), &device).await?;
    let found = Some(device.clone());
    ensure_eq!(cx.db().device(&scope(), id(1)).await?, found);
    ensure_eq!(cx.db().device_by_fingerprint(&scope(), id(1), device.fingerprint).await?, found);
    ensure_eq!(cx.db().device(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().device_by_fingerprint(&scope(), id(2), device.fingerprint).await?, None);
    ensure_eq!(cx.db().device_by_fingerprint(&scope(), id(1), [0; 32]).await?, None);
    ensure_eq!(cx.db().device(&elsewhere().scope, id(1)).await?, None);
    Ok(())
}

async fn a_users_fingerprint_is_taken_once(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    let first = Device::sample(&home(), 1);
    cx.db().create_device(&scope(), &first).await?;
    let of_another = Device { id: id(2), user_id: id(2), ..first.clone() };
    cx.db().create_device(&scope(), &of_another).await?;
    cx.settle().await?;
    let again = Device { id: id(3), ..first };
    conflict(cx.db().create_device(&scope(), &again).await, "authsome_devices_fingerprint_key")?;
    cx.recover().await
}

async fn a_device_that_is_seen_is_added_or_noted(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let first = Device { trusted: true, ..Device::sample(&home(), 1) };
    ensure_eq!(cx.db().see_device(&scope(), &first).await?, first);
    let again = Device {
        id: id(2),
        name: None,
        trusted: false,
        user_agent: Some("Firefox".to_owned()),
        ip: Some("192.0.2.1".to_owned()),
        last_seen_at: at(60),
        created_at: at(60),
        ..first.clone()
    };
    let (user_agent, ip) = (again.user_agent.clone(), again.ip.clone());
    let noted = Device { user_agent, ip, last_seen_at: at(60), ..first };
    ensure_eq!(cx.db().see_device(&scope(), &again).await?, noted, "its id, name and trust stay");
    ensure_eq!(Device::find(&scope()).all(cx.db()).await?, vec![noted]);
    Ok(())
}

async fn a_device_of_nobody_is_refused(cx: &mut Cx) -> Outcome {
    let device = Device::sample(&home(), 1);
    reference(cx.db().create_device(&scope(), &device).await, "authsome_devices_user_id_fkey")?;
    cx.recover().await?;
    reference(cx.db().see_device(&scope(), &device).await, "authsome_devices_user_id_fkey")?;
    cx.recover().await
}

async fn a_device_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.db().create_device(&scope(), &Device::sample(&home(), 1)).await?;
    let renamed = Device { name: None, trusted: true, updated_at: at(9), ..Device::sample(&home(), 1) };
    ensure_eq!(cx.db().update_device(&scope(), &Device::sample(&home(), 1), &renamed).await?, renamed);
    ensure_eq!(
        cx.db().update_device(&scope(), &Device::sample(&home(), 1), &Device::sample(&home(), 1)).await?,
        renamed,
        "what another one changed stays"
    );
    ensure_eq!(cx.db().device(&scope(), id(1)).await?.as_ref(), Some(&renamed));
    cx.db().delete_device(&scope(), id(1)).await?;
    not_found(cx.db().update_device(&scope(), &Device::sample(&home(), 1), &renamed).await)?;
    not_found(cx.db().delete_device(&scope(), id(1)).await)
}

async fn a_users_devices_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    user(cx, 2).await?;
    for number in 1..=5 {
        let user_id = if number == 5 { id(2) } else { id(1) };
        let device = Device { user_id, ..Device::sample(&home(), number) };
        cx.db().create_device(&scope(), &device).await?;
    }
    let first = cx.db().list_user_devices(&scope(), id(1), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_user_devices(&scope(), id(1), Page::after(after, 3)).await?;
    let seen: Vec<DeviceId> = first.data.iter().chain(&rest.data).map(|device| device.id).collect();
    let mut expected: Vec<DeviceId> = (1..=4).map(id).collect();
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    ensure_eq!(seen, expected);
    Ok(())
}
