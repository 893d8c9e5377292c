//! Apps.

use authsome_core::app::{App, AppStore};
use authsome_core::authenticator::due;
use authsome_core::entity::Page;
use authsome_core::id::AppId;

use super::home;
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, not_found, reference, there};
use crate::fixture::{Sample, at, homes, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("apps" {
        both: [
            an_app_is_found_by_id_slug_and_key,
            a_taken_slug_or_key_is_a_conflict,
            an_app_is_added_where_it_is_absent,
            an_update_writes_every_field,
            a_deleted_app_is_found_by_nothing_and_leaves_its_slug,
            a_deleted_app_without_environments_is_erased,
            a_list_shows_the_newest_first,
        ]
    })
}

async fn an_app_is_found_by_id_slug_and_key(cx: &mut Cx) -> Outcome {
    let app = App::sample(&home(), 1);
    cx.db().create_app(&app).await?;
    let found = Some(app.clone());
    ensure_eq!(cx.db().app(app.id).await?, found);
    ensure_eq!(cx.db().app_by_slug(&app.slug).await?, found);
    ensure_eq!(cx.db().app_by_publishable_key(&app.publishable_key).await?, found);
    ensure_eq!(cx.db().app(id(2)).await?, None);
    ensure_eq!(cx.db().app_by_slug("none").await?, None);
    ensure_eq!(cx.db().app_by_publishable_key(&app.slug).await?, None);
    Ok(())
}

async fn a_taken_slug_or_key_is_a_conflict(cx: &mut Cx) -> Outcome {
    let (first, second) = (App::sample(&home(), 1), App::sample(&home(), 2));
    cx.db().create_app(&first).await?;
    cx.settle().await?;
    let same_slug = App { slug: first.slug.clone(), ..second.clone() };
    conflict(cx.db().create_app(&same_slug).await, "authsome_apps_slug_key")?;
    cx.recover().await?;
    let same_key = App { publishable_key: first.publishable_key, ..second };
    conflict(cx.db().create_app(&same_key).await, "authsome_apps_publishable_key_key")?;
    cx.recover().await
}

async fn an_app_is_added_where_it_is_absent(cx: &mut Cx) -> Outcome {
    let app = App::sample(&home(), 1);
    ensure!(cx.db().create_app_if_absent(&app).await?, "it was absent");
    ensure!(!cx.db().create_app_if_absent(&app).await?, "it is there");
    let other = App { slug: app.slug.clone(), ..App::sample(&home(), 2) };
    ensure!(!cx.db().create_app_if_absent(&other).await?, "its slug is there");
    ensure_eq!(cx.db().app_by_slug(&app.slug).await?, Some(app));
    Ok(())
}

async fn an_update_writes_every_field(cx: &mut Cx) -> Outcome {
    let app = App::sample(&home(), 1);
    cx.db().create_app(&app).await?;
    let changed = App { name: "New".to_owned(), slug: "new".to_owned(), updated_at: at(9), ..app.clone() };
    ensure_eq!(cx.db().update_app(&app, &changed).await?, changed);
    ensure_eq!(cx.db().update_app(&app, &app).await?, changed, "what another one changed stays");
    ensure_eq!(cx.db().app_by_slug("new").await?, Some(changed));
    let missing = App::sample(&home(), 2);
    not_found(cx.db().update_app(&missing, &missing).await)?;
    not_found(cx.db().update_app(&missing, &App { name: "New".to_owned(), ..missing.clone() }).await)
}

async fn a_deleted_app_is_found_by_nothing_and_leaves_its_slug(cx: &mut Cx) -> Outcome {
    let app = App::sample(&home(), 1);
    cx.db().create_app(&app).await?;
    ensure!(due::<App>(at(9), 10, cx.db()).await?.is_empty(), "nothing is deleted");
    cx.db().delete_app(app.id, at(1)).await?;
    ensure_eq!(cx.db().app(app.id).await?, None);
    ensure_eq!(cx.db().app_by_slug(&app.slug).await?, None);
    ensure_eq!(cx.db().app_by_publishable_key(&app.publishable_key).await?, None);
    not_found(cx.db().delete_app(app.id, at(2)).await)?;
    not_found(cx.db().update_app(&app, &App { name: "New".to_owned(), ..app.clone() }).await)?;
    ensure!(!cx.db().list_apps(Page::first(50)).await?.data.iter().any(|listed| listed.id == app.id), "it is listed");
    ensure_eq!(due::<App>(at(9), 10, cx.db()).await?, vec![App { deleted_at: Some(at(1)), ..app.clone() }]);
    let next = App { id: id(2), publishable_key: "pk_next".to_owned(), ..app.clone() };
    cx.db().create_app(&next).await?;
    ensure_eq!(cx.db().app_by_slug(&app.slug).await?, Some(next));
    Ok(())
}

async fn a_deleted_app_without_environments_is_erased(cx: &mut Cx) -> Outcome {
    let app = App::sample(&home(), 1);
    cx.db().create_app(&app).await?;
    not_found(cx.db().erase_app(app.id).await)?;
    cx.db().delete_app(app.id, at(1)).await?;
    cx.db().erase_app(app.id).await?;
    not_found(cx.db().erase_app(app.id).await)?;
    let full = home().scope.app_id;
    cx.db().delete_app(full, at(1)).await?;
    cx.settle().await?;
    reference(cx.db().erase_app(full).await, "authsome_environments_app_id_fkey")?;
    cx.recover().await
}

async fn a_list_shows_the_newest_first(cx: &mut Cx) -> Outcome {
    let mut expected: Vec<AppId> = homes().map(|home| home.scope.app_id).to_vec();
    for number in 1..=5 {
        cx.db().create_app(&App::sample(&home(), number)).await?;
        expected.push(id(number));
    }
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    expected.dedup();
    let first = cx.db().list_apps(Page::first(4)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let second = cx.db().list_apps(Page::after(after, 4)).await?;
    let seen: Vec<AppId> = first.data.iter().chain(&second.data).map(|app| app.id).collect();
    ensure_eq!(seen, expected);
    Ok(())
}
