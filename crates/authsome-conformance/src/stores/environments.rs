//! Environments.

use authsome_core::app::App;
use authsome_core::authenticator::{due, published};
use authsome_core::entity::{Entity, Page};
use authsome_core::environment::{Environment, EnvironmentStore, delete_rows};
use authsome_core::id::{AppId, EnvironmentId};
use authsome_core::scope::{PerEnvironment, Scope};
use authsome_core::session::Session;
use authsome_core::user::User;
use authsome_core::value::Marker;

use super::{home, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Failure, Outcome, conflict, ensure, ensure_eq, invalid, not_found, reference, there};
use crate::fixture::{Sample, at, homes, id, nowhere};

pub(super) fn cases() -> Vec<Case> {
    cases!("environments" {
        both: [
            an_environment_is_found_by_id_and_slug,
            a_taken_slug_is_a_conflict_in_its_app,
            an_environment_is_found_by_its_publishable_key_alone,
            a_taken_publishable_key_is_a_conflict_in_every_app,
            an_environment_needs_an_app,
            one_environment_is_the_default,
            the_default_moves,
            an_update_writes_every_field,
            an_environment_is_suspended_and_resumed,
            a_deleted_environment_is_found_by_nothing_and_leaves_its_slug,
            the_default_is_not_deleted,
            an_empty_deleted_environment_is_erased,
            environments_are_listed_newest_first,
            all_environments_of_an_app_are_deleted_at_once,
            an_environment_is_emptied_in_batches,
        ]
    })
}

fn app() -> AppId {
    home().scope.app_id
}

async fn environment(cx: &Cx, number: u32) -> Outcome<Environment> {
    let environment = Environment::sample(&home(), number);
    cx.db().create_environment(app(), &environment).await?;
    Ok(environment)
}

async fn an_environment_is_found_by_id_and_slug(cx: &mut Cx) -> Outcome {
    let staging = environment(cx, 1).await?;
    environment(cx, 2).await?;
    let other = homes()[2].scope.app_id;
    ensure_eq!(cx.db().environment(app(), staging.id).await?.as_ref(), Some(&staging));
    ensure_eq!(cx.db().environment_by_slug(app(), &staging.slug).await?.as_ref(), Some(&staging));
    ensure_eq!(cx.db().environment(app(), id(3)).await?, None);
    ensure_eq!(cx.db().environment_by_slug(app(), "none").await?, None);
    ensure_eq!(cx.db().environment(other, staging.id).await?, None);
    ensure_eq!(cx.db().environment_by_slug(other, &staging.slug).await?, None);
    Ok(())
}

async fn a_taken_slug_is_a_conflict_in_its_app(cx: &mut Cx) -> Outcome {
    let staging = environment(cx, 1).await?;
    let other = Environment { slug: staging.slug.clone(), ..Environment::sample(&homes()[2], 2) };
    cx.db().create_environment(other.app_id, &other).await?;
    cx.settle().await?;
    let second = Environment { slug: staging.slug, ..Environment::sample(&home(), 2) };
    conflict(cx.db().create_environment(app(), &second).await, "authsome_environments_slug_key")?;
    cx.recover().await
}

async fn an_environment_is_found_by_its_publishable_key_alone(cx: &mut Cx) -> Outcome {
    let staging = environment(cx, 1).await?;
    let other = Environment { slug: staging.slug.clone(), ..Environment::sample(&homes()[2], 1) };
    cx.db().create_environment(other.app_id, &other).await?;
    ensure_eq!(published::<Environment>(&staging.publishable_key, cx.db()).await?.as_ref(), Some(&staging));
    ensure_eq!(published::<Environment>(&other.publishable_key, cx.db()).await?.as_ref(), Some(&other));
    ensure_eq!(published::<Environment>(&staging.slug, cx.db()).await?, None);
    Ok(())
}

async fn a_taken_publishable_key_is_a_conflict_in_every_app(cx: &mut Cx) -> Outcome {
    let key = environment(cx, 1).await?.publishable_key;
    cx.settle().await?;
    for home in [home(), homes()[2]] {
        let second = Environment { publishable_key: key.clone(), ..Environment::sample(&home, 2) };
        let refused = cx.db().create_environment(second.app_id, &second).await;
        conflict(refused, "authsome_environments_publishable_key_key")?;
        cx.recover().await?;
    }
    Ok(())
}

async fn an_environment_needs_an_app(cx: &mut Cx) -> Outcome {
    let lost = Environment::sample(&nowhere(), 1);
    reference(cx.db().create_environment(lost.app_id, &lost).await, "authsome_environments_app_id_fkey")?;
    cx.recover().await
}

async fn one_environment_is_the_default(cx: &mut Cx) -> Outcome {
    ensure_eq!(cx.db().default_environment(app()).await?, None);
    let first = Environment { is_default: Marker(true), ..Environment::sample(&home(), 1) };
    cx.db().create_environment(app(), &first).await?;
    environment(cx, 2).await?;
    environment(cx, 3).await?;
    ensure_eq!(cx.db().default_environment(app()).await?.as_ref(), Some(&first));
    ensure_eq!(cx.db().default_environment(homes()[2].scope.app_id).await?, None, "of another app");
    cx.settle().await?;
    let second = Environment { is_default: Marker(true), ..Environment::sample(&home(), 4) };
    conflict(cx.db().create_environment(app(), &second).await, "authsome_environments_default_key")?;
    cx.recover().await?;
    let marked = cx.db().mark_default_environment(app(), id(2), at(9)).await;
    conflict(marked, "authsome_environments_default_key")?;
    cx.recover().await
}

async fn the_default_moves(cx: &mut Cx) -> Outcome {
    let first = Environment { is_default: Marker(true), ..Environment::sample(&home(), 1) };
    cx.db().create_environment(app(), &first).await?;
    let second = environment(cx, 2).await?;
    ensure_eq!(cx.db().clear_default_environment(app(), at(9)).await?, 1);
    ensure_eq!(cx.db().clear_default_environment(app(), at(10)).await?, 0);
    let marked = cx.db().mark_default_environment(app(), id(2), at(9)).await?;
    ensure_eq!(marked, Environment { is_default: Marker(true), updated_at: at(9), ..second });
    ensure_eq!(cx.db().default_environment(app()).await?, Some(marked));
    let before = there(cx.db().environment(app(), id(1)).await?, "the environment")?;
    ensure_eq!(before, Environment { is_default: Marker(false), updated_at: at(9), ..first });
    not_found(cx.db().mark_default_environment(app(), id(9), at(9)).await)
}

async fn an_update_writes_every_field(cx: &mut Cx) -> Outcome {
    let before = environment(cx, 1).await?;
    let mut changed = Environment {
        name: "New".to_owned(),
        slug: "new".to_owned(),
        publishable_key: "pk_new".to_owned(),
        description: Some("For trying out".to_owned()),
        updated_at: at(9),
        ..before.clone()
    };
    changed.settings.mfa_required = Some(true);
    changed.metadata.insert("region".to_owned(), "eu".to_owned());
    ensure_eq!(cx.db().update_environment(app(), &before, &changed).await?, changed);
    ensure_eq!(cx.db().update_environment(app(), &before, &before).await?, changed, "what another one changed stays");
    ensure_eq!(cx.db().environment_by_slug(app(), "new").await?, Some(changed.clone()));
    not_found(cx.db().update_environment(app(), &Environment { id: id(2), ..before }, &changed).await)
}

async fn an_environment_is_suspended_and_resumed(cx: &mut Cx) -> Outcome {
    let before = environment(cx, 1).await?;
    for (active, moment) in [(false, at(1)), (true, at(2))] {
        let set = cx.db().set_environment_active(app(), id(1), active, moment).await?;
        ensure_eq!(set, Environment { is_active: active, updated_at: moment, ..before.clone() });
    }
    not_found(cx.db().set_environment_active(app(), id(2), false, at(1)).await)
}

async fn a_deleted_environment_is_found_by_nothing_and_leaves_its_slug(cx: &mut Cx) -> Outcome {
    let staging = environment(cx, 1).await?;
    cx.db().delete_environment(app(), id(1), at(1)).await?;
    ensure_eq!(cx.db().environment(app(), id(1)).await?, None);
    ensure_eq!(cx.db().environment_by_slug(app(), &staging.slug).await?, None);
    not_found(cx.db().delete_environment(app(), id(1), at(2)).await)?;
    not_found(cx.db().update_environment(app(), &staging, &Environment { is_active: false, ..staging.clone() }).await)?;
    not_found(cx.db().mark_default_environment(app(), id(1), at(2)).await)?;
    not_found(cx.db().set_environment_active(app(), id(1), true, at(2)).await)?;
    let publishable_key = Environment::sample(&home(), 2).publishable_key;
    let next = Environment { id: id(2), publishable_key, ..staging };
    cx.db().create_environment(app(), &next).await?;
    ensure_eq!(cx.db().environment_by_slug(app(), &next.slug).await?, Some(next));
    Ok(())
}

async fn the_default_is_not_deleted(cx: &mut Cx) -> Outcome {
    let first = Environment { is_default: Marker(true), ..Environment::sample(&home(), 1) };
    cx.db().create_environment(app(), &first).await?;
    not_found(cx.db().delete_environment(app(), id(1), at(1)).await)?;
    ensure_eq!(cx.db().default_environment(app()).await?, Some(first));
    Ok(())
}

async fn an_empty_deleted_environment_is_erased(cx: &mut Cx) -> Outcome {
    environment(cx, 1).await?;
    not_found(cx.db().erase_environment(app(), id(1)).await)?;
    cx.db().delete_environment(app(), id(1), at(1)).await?;
    cx.db().erase_environment(app(), id(1)).await?;
    not_found(cx.db().erase_environment(app(), id(1)).await)?;
    user(cx, 1).await?;
    let full = home().scope.env_id;
    cx.db().delete_environment(app(), full, at(1)).await?;
    cx.settle().await?;
    reference(cx.db().erase_environment(app(), full).await, "authsome_users_env_id_fkey")?;
    cx.recover().await
}

async fn environments_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    let [home, other, _] = homes();
    let mut expected: Vec<EnvironmentId> = vec![home.scope.env_id, other.scope.env_id];
    for number in 1..=5 {
        expected.push(environment(cx, number).await?.id);
    }
    let mut deleted: Vec<EnvironmentId> = expected.split_off(4);
    for id in &deleted {
        cx.db().delete_environment(app(), *id, at(1)).await?;
    }
    for ids in [&mut expected, &mut deleted] {
        ids.sort_by_key(|id| std::cmp::Reverse(*id));
    }
    let ids = |found: &[Environment]| -> Vec<EnvironmentId> { found.iter().map(|found| found.id).collect() };
    let first = cx.db().list_environments(app(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_environments(app(), Page::after(after, 3)).await?;
    ensure_eq!([ids(&first.data), ids(&rest.data)].concat(), expected);
    deleted.sort();
    ensure_eq!(ids(&due(at(9), 10, cx.db()).await?), deleted, "what is to be emptied, the oldest first");
    Ok(())
}

async fn all_environments_of_an_app_are_deleted_at_once(cx: &mut Cx) -> Outcome {
    let [home, other, elsewhere] = homes();
    let default = Environment { is_default: Marker(true), ..Environment::sample(&home, 1) };
    cx.db().create_environment(app(), &default).await?;
    ensure_eq!(cx.db().delete_app_environments(app(), at(1)).await?, 3);
    ensure_eq!(cx.db().delete_app_environments(app(), at(2)).await?, 0);
    for id in [home.scope.env_id, other.scope.env_id, default.id] {
        ensure_eq!(cx.db().environment(app(), id).await?, None);
    }
    let there = cx.db().environment(elsewhere.scope.app_id, elsewhere.scope.env_id).await?;
    ensure!(there.is_some(), "another app's environment");
    Ok(())
}

/// How many rows of a table the environment holds.
async fn rows_of<E: Entity<Scope = PerEnvironment>>(cx: &Cx, scope: &Scope) -> Result<u64, Failure> {
    Ok(E::find(scope).count(cx.db()).await?)
}

async fn an_environment_is_emptied_in_batches(cx: &mut Cx) -> Outcome {
    let [home, other, _] = homes();
    for number in 1..=5 {
        for home in [&home, &other] {
            User::sample(home, number).insert(&home.scope, cx.db()).await?;
            Session::sample(home, number).insert(&home.scope, cx.db()).await?;
        }
    }
    ensure_eq!(delete_rows(User::table(), &home.scope, 2, cx.db()).await?, 2);
    ensure_eq!(rows_of::<Session>(cx, &home.scope).await?, 3, "sessions go with their users");
    ensure_eq!(delete_rows(Session::table(), &home.scope, 100, cx.db()).await?, 3);
    ensure_eq!(delete_rows(User::table(), &home.scope, 100, cx.db()).await?, 3);
    ensure_eq!(delete_rows(User::table(), &home.scope, 100, cx.db()).await?, 0);
    ensure_eq!(rows_of::<User>(cx, &other.scope).await?, 5, "another environment's users");
    ensure_eq!(rows_of::<Session>(cx, &other.scope).await?, 5, "another environment's sessions");
    invalid(delete_rows(Environment::table(), &home.scope, 1, cx.db()).await)?;
    invalid(delete_rows(App::table(), &home.scope, 1, cx.db()).await)
}
