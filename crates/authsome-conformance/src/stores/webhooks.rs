//! Webhooks.

use authsome_core::entity::Page;
use authsome_core::id::WebhookId;
use authsome_core::webhook::{Webhook, WebhookStore};

use super::{elsewhere, home, scope};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure_eq, not_found, there};
use crate::fixture::{Sample, at, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("webhooks" {
        both: [
            a_webhook_is_added_and_found,
            a_webhook_is_updated_and_deleted,
            webhooks_are_listed_newest_first,
        ]
    })
}

async fn a_webhook_is_added_and_found(cx: &mut Cx) -> Outcome {
    let webhook = Webhook::sample(&home(), 1);
    cx.db().create_webhook(&scope(), &webhook).await?;
    ensure_eq!(cx.db().webhook(&scope(), id(1)).await?.as_ref(), Some(&webhook));
    ensure_eq!(cx.db().webhook(&scope(), id(2)).await?, None);
    ensure_eq!(cx.db().webhook(&elsewhere().scope, id(1)).await?, None);
    cx.settle().await?;
    conflict(cx.db().create_webhook(&scope(), &webhook).await, "authsome_webhooks_pkey")?;
    cx.recover().await
}

async fn a_webhook_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    cx.db().create_webhook(&scope(), &Webhook::sample(&home(), 1)).await?;
    let changed = Webhook {
        events: Vec::new(),
        sealed_secret: Vec::new(),
        enabled: false,
        description: Some(String::new()),
        updated_at: at(9),
        ..Webhook::sample(&home(), 1)
    };
    ensure_eq!(cx.db().update_webhook(&scope(), &Webhook::sample(&home(), 1), &changed).await?, changed);
    ensure_eq!(cx.db().webhook(&scope(), id(1)).await?.as_ref(), Some(&changed));
    let other = Webhook { updated_at: at(10), ..Webhook::sample(&home(), 1) };
    let both = Webhook { updated_at: at(10), ..changed.clone() };
    let update = cx.db().update_webhook(&scope(), &Webhook::sample(&home(), 1), &other).await?;
    ensure_eq!(update, both, "what another one changed stays");
    cx.db().delete_webhook(&scope(), id(1)).await?;
    not_found(cx.db().update_webhook(&scope(), &Webhook::sample(&home(), 1), &changed).await)?;
    not_found(cx.db().delete_webhook(&scope(), id(1)).await)
}

async fn webhooks_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    for number in 1..=4 {
        cx.db().create_webhook(&scope(), &Webhook::sample(&home(), number)).await?;
    }
    let first = cx.db().list_webhooks(&scope(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_webhooks(&scope(), Page::after(after, 3)).await?;
    let seen: Vec<WebhookId> = first.data.iter().chain(&rest.data).map(|webhook| webhook.id).collect();
    let mut expected: Vec<WebhookId> = (1..=4).map(id).collect();
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    ensure_eq!(seen, expected);
    Ok(())
}
