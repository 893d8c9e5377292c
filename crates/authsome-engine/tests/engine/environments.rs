//! Making and changing environments.

use std::collections::BTreeSet;

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Page;
use authsome_core::environment::{Environment, EnvironmentType, SettingSource, Settings, SettingsPatch};
use authsome_core::error::Code;
use authsome_core::route::Principal;
use authsome_core::time::Seconds;
use authsome_engine::{EnvironmentCopy, EnvironmentPatch, Environments, NewApp, NewEnvironment};

use crate::common::*;

const TYPE_CONFIRMED: Confirm = Confirm::to(Destructive::ChangeEnvironmentType);
const DELETION_CONFIRMED: Confirm = Confirm::to(Destructive::DeleteEnvironment);

fn new(name: &str, kind: EnvironmentType) -> NewEnvironment {
    NewEnvironment::new(name, kind)
}

fn to_type(kind: EnvironmentType) -> EnvironmentPatch {
    EnvironmentPatch { kind: Some(kind), ..EnvironmentPatch::default() }
}

impl World {
    async fn other_apps_environments(&self) -> Environments {
        let new = NewApp { name: "Other".to_owned(), slug: None };
        self.engine.environments_of(self.engine.apps().create(&new).await.unwrap().id)
    }

    async fn slugs(&self) -> BTreeSet<String> {
        let listed = self.environments().await.list(Page::default()).await.unwrap().data;
        listed.into_iter().map(|environment| environment.slug).collect()
    }

    async fn app_actions(&self) -> Vec<String> {
        self.app_events().await.into_iter().map(|event| event.action).collect()
    }
}

#[tokio::test]
async fn a_new_environment_has_the_slug_of_its_name_and_the_colour_of_its_type() {
    let world = World::new().await;
    let environments = world.environments().await;
    let colors = [
        (EnvironmentType::Development, "#3B82F6"),
        (EnvironmentType::Staging, "#F59E0B"),
        (EnvironmentType::Production, "#EF4444"),
        (EnvironmentType::Custom, "#8B5CF6"),
    ];
    for (kind, color) in colors {
        let made = environments.create(&new(&format!("Preview: {} #12", kind.as_str()), kind)).await.unwrap();
        assert_eq!(made.slug, format!("preview-{}-12", kind.as_str()));
        assert_eq!(made.color, color);
        assert!(made.is_active && !made.is_default.0);
        assert_eq!(environments.get(made.id).await.unwrap(), made);
        assert_eq!(environments.get_by_slug(&made.slug).await.unwrap(), made);
    }
    let chosen = NewEnvironment {
        color: Some("#012aBF".to_owned()),
        slug: Some("eu".to_owned()),
        ..new("Preview", EnvironmentType::Custom)
    };
    let made = environments.create(&chosen).await.unwrap();
    assert_eq!((made.color.as_str(), made.slug.as_str()), ("#012aBF", "eu"));
}

#[tokio::test]
async fn an_environment_that_is_not_valid_is_refused_with_its_field_and_not_made() {
    let world = World::new().await;
    let environments = world.environments().await;
    let base = || new("Preview", EnvironmentType::Custom);
    let settings = Settings { min_password_length: Some(1), ..Settings::default() };
    let many = (0..65).map(|number| (number.to_string(), String::new())).collect();
    let refused = [
        ("name", NewEnvironment { name: " ".to_owned(), ..base() }),
        ("name", NewEnvironment { name: "x".repeat(201), ..base() }),
        ("slug", NewEnvironment { slug: Some("No Slug".to_owned()), ..base() }),
        ("slug", NewEnvironment { name: "日本".to_owned(), ..base() }),
        ("color", NewEnvironment { color: Some("red".to_owned()), ..base() }),
        ("description", NewEnvironment { description: Some("x".repeat(2_001)), ..base() }),
        ("metadata", NewEnvironment { metadata: many, ..base() }),
        ("settings.min_password_length", NewEnvironment { settings, ..base() }),
    ];
    for (field, wrong) in refused {
        let error = environments.create(&wrong).await.unwrap_err();
        assert_eq!((error.code(), error.fields()[0].field.as_str()), (Code::InvalidRequest, field));
    }
    assert_eq!(world.slugs().await.len(), 3);
}

#[tokio::test]
async fn a_slug_is_one_environments_in_its_app_and_free_again_after_its_deletion() {
    let world = World::new().await;
    let environments = world.environments().await;
    let preview = new("Preview", EnvironmentType::Custom);
    let made = environments.create(&preview).await.unwrap();
    assert_eq!(code(environments.create(&preview).await), Code::Conflict);
    let taken = EnvironmentPatch { slug: Some("staging".to_owned()), ..EnvironmentPatch::default() };
    assert_eq!(code(environments.update(made.id, &taken, Confirm::NOTHING).await), Code::Conflict);
    assert_eq!(code(environments.copy(made.id, &copy_named("Staging")).await), Code::Conflict);
    world.other_apps_environments().await.create(&preview).await.unwrap();
    environments.delete(made.id, Confirm::NOTHING).await.unwrap();
    let again = environments.create(&preview).await.unwrap();
    assert_ne!(again.id, made.id);
    assert_eq!(world.environment("preview").await.scope().env_id, again.id);
    world.run_jobs().await;
    assert_eq!(world.environment("preview").await.scope().env_id, again.id);
}

#[tokio::test]
async fn another_apps_environment_is_not_found() {
    let world = World::new().await;
    let others = world.other_apps_environments().await;
    let staging = world.named("staging").await.id;
    assert_eq!(code(others.get(staging).await), Code::NotFound);
    assert_eq!(code(others.update(staging, &EnvironmentPatch::default(), Confirm::NOTHING).await), Code::NotFound);
    assert_eq!(code(others.set_default(staging).await), Code::NotFound);
    assert_eq!(code(others.deactivate(staging).await), Code::NotFound);
    assert_eq!(code(others.copy(staging, &copy_named("Copy")).await), Code::NotFound);
    assert_eq!(code(others.delete(staging, DELETION_CONFIRMED).await), Code::NotFound);
    assert_eq!(code(others.effective_settings(staging).await), Code::NotFound);
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let environments = world.environments().await;
    let described = NewEnvironment {
        description: Some("For pull requests".to_owned()),
        metadata: [("pr".to_owned(), "12".to_owned()), ("by".to_owned(), "ci".to_owned())].into(),
        settings: Settings { session_ttl: Some(Seconds(600)), min_password_length: Some(9), ..Settings::default() },
        ..new("Preview", EnvironmentType::Custom)
    };
    let made = environments.create(&described).await.unwrap();
    world.advance(seconds(5));
    let patch = EnvironmentPatch {
        name: Some("Renamed".to_owned()),
        settings: Some(SettingsPatch { session_ttl: Some(None), ..SettingsPatch::default() }),
        metadata: Some(Some([("pr".to_owned(), Some("13".to_owned())), ("by".to_owned(), None)].into())),
        ..EnvironmentPatch::default()
    };
    let changed = environments.update(made.id, &patch, Confirm::NOTHING).await.unwrap();
    let expected = Environment {
        name: "Renamed".to_owned(),
        settings: Settings { session_ttl: None, ..made.settings.clone() },
        metadata: [("pr".to_owned(), "13".to_owned())].into(),
        updated_at: start_of_tests().plus(seconds(5)),
        ..made.clone()
    };
    assert_eq!(changed, expected);
    assert_eq!(environments.get(made.id).await.unwrap(), expected);
    let away = EnvironmentPatch { description: Some(None), ..EnvironmentPatch::default() };
    let changed = environments.update(made.id, &away, Confirm::NOTHING).await.unwrap();
    assert_eq!(changed, Environment { description: None, ..expected });
}

#[tokio::test]
async fn the_colour_follows_the_type_unless_it_was_chosen() {
    let world = World::new().await;
    let environments = world.environments().await;
    let made = environments.create(&new("Preview", EnvironmentType::Custom)).await.unwrap();
    let update = async |patch: &EnvironmentPatch| environments.update(made.id, patch, Confirm::NOTHING).await.unwrap();
    assert_eq!(update(&to_type(EnvironmentType::Staging)).await.color, "#F59E0B");
    let chosen = EnvironmentPatch { color: Some(Some("#000000".to_owned())), ..EnvironmentPatch::default() };
    assert_eq!(update(&chosen).await.color, "#000000");
    assert_eq!(update(&to_type(EnvironmentType::Development)).await.color, "#000000");
    let back = EnvironmentPatch { color: Some(None), ..EnvironmentPatch::default() };
    assert_eq!(update(&back).await.color, "#3B82F6");
}

#[tokio::test]
async fn taking_the_type_production_away_is_confirmed_and_no_other_change_is() {
    let world = World::new().await;
    let environments = world.environments().await;
    let production = world.named("production").await;
    for confirm in [Confirm::NOTHING, DELETION_CONFIRMED] {
        let error = environments.update(production.id, &to_type(EnvironmentType::Staging), confirm).await.unwrap_err();
        assert_eq!(error.code(), Code::ConfirmationRequired);
        assert_eq!(error.extra()["action"], "change-environment-type");
    }
    assert_eq!(world.named("production").await, production);
    let renamed = EnvironmentPatch { name: Some("Live".to_owned()), ..to_type(EnvironmentType::Production) };
    environments.update(production.id, &renamed, Confirm::NOTHING).await.unwrap();
    let staging = world.named("staging").await;
    for kind in [EnvironmentType::Custom, EnvironmentType::Development, EnvironmentType::Production] {
        environments.update(staging.id, &to_type(kind), Confirm::NOTHING).await.unwrap();
    }
    let changed = environments.update(production.id, &to_type(EnvironmentType::Custom), TYPE_CONFIRMED).await.unwrap();
    assert_eq!(changed.kind, EnvironmentType::Custom);
}

#[tokio::test]
async fn the_default_environment_and_the_last_of_type_production_are_protected_whatever_is_confirmed() {
    let world = World::new().await;
    let environments = world.environments().await;
    for slug in ["development", "production"] {
        let id = world.named(slug).await.id;
        for confirm in [Confirm::NOTHING, DELETION_CONFIRMED] {
            assert_eq!(code(environments.delete(id, confirm).await), Code::EnvironmentProtected, "{slug}");
        }
    }
    assert_eq!(world.slugs().await.len(), 3);
}

#[tokio::test]
async fn deleting_another_of_type_production_is_confirmed_and_any_other_is_not() {
    let world = World::new().await;
    let environments = world.environments().await;
    let second = environments.create(&new("Second", EnvironmentType::Production)).await.unwrap().id;
    for confirm in [Confirm::NOTHING, TYPE_CONFIRMED, Confirm::to(Destructive::DeleteUsers)] {
        let error = environments.delete(second, confirm).await.unwrap_err();
        assert_eq!(error.code(), Code::ConfirmationRequired);
        assert_eq!(error.extra()["action"], "delete-environment");
    }
    assert!(world.slugs().await.contains("second"));
    environments.delete(second, DELETION_CONFIRMED).await.unwrap();
    assert_eq!(code(environments.delete(second, DELETION_CONFIRMED).await), Code::NotFound);
    environments.delete(world.named("staging").await.id, Confirm::NOTHING).await.unwrap();
    assert_eq!(world.slugs().await, ["development", "production"].map(str::to_owned).into());
}

#[tokio::test]
async fn an_environment_that_was_the_default_is_deleted_once_another_one_is() {
    let world = World::new().await;
    let environments = world.environments().await;
    let development = world.named("development").await.id;
    environments.set_default(world.named("staging").await.id).await.unwrap();
    environments.delete(development, Confirm::NOTHING).await.unwrap();
    assert_eq!(world.here().await.environment().environment.slug, "staging");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_deletions_at_once_of_the_only_two_of_type_production_one_happens() {
    for _ in 0..20 {
        let world = World::new().await;
        let second = world.environments().await.create(&new("Second", EnvironmentType::Production)).await.unwrap().id;
        let first = world.named("production").await.id;
        let app = world.app().await;
        let tasks = [first, second].map(|id| {
            let environments = world.engine.environments_of(app);
            tokio::spawn(async move { environments.delete(id, DELETION_CONFIRMED).await })
        });
        let mut refused = Vec::new();
        for task in tasks {
            refused.extend(task.await.unwrap().err().map(|error| error.code()));
        }
        assert_eq!(refused, [Code::EnvironmentProtected]);
        assert_eq!(world.slugs().await.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_environments_that_are_made_the_default_at_once_one_is() {
    let world = World::new().await;
    let app = world.app().await;
    let mut ids = Vec::new();
    for number in 0..8 {
        let made = world.environments().await.create(&new(&format!("E {number}"), EnvironmentType::Custom)).await;
        ids.push(made.unwrap().id);
    }
    let tasks: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let environments = world.engine.environments_of(app);
            tokio::spawn(async move { environments.set_default(id).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let listed = world.environments().await.list(Page::default()).await.unwrap().data;
    let defaults: Vec<&Environment> = listed.iter().filter(|environment| environment.is_default.0).collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(world.environments().await.get_default().await.unwrap().id, defaults[0].id);
    assert_eq!(world.here().await.scope().env_id, defaults[0].id);
    let changes = world.app_actions().await;
    assert_eq!(changes.iter().filter(|action| *action == "environment.default_changed").count(), 8);
}

#[tokio::test]
async fn each_change_is_an_event_with_its_actor_and_what_changes_nothing_is_none() {
    let world = World::new().await;
    let environments = world.environments().await.acting(&Principal::Administrator);
    world.advance(seconds(1));
    let made = environments.create(&new("Preview", EnvironmentType::Custom)).await.unwrap().id;
    let renamed = EnvironmentPatch { name: Some("Renamed".to_owned()), ..EnvironmentPatch::default() };
    let default = world.named("development").await.id;
    let mut copied = None;
    for _ in 0..2 {
        environments.update(made, &renamed, Confirm::NOTHING).await.unwrap();
        environments.deactivate(made).await.unwrap();
    }
    for _ in 0..2 {
        environments.activate(made).await.unwrap();
        environments.set_default(made).await.unwrap();
    }
    for slug in ["copy", "copy"] {
        let copy = EnvironmentCopy { slug: Some(slug.to_owned()), ..copy_named("Copy") };
        copied = copied.or(environments.copy(made, &copy).await.ok().map(|copy| copy.id));
    }
    environments.update(made, &EnvironmentPatch::default(), Confirm::NOTHING).await.unwrap();
    assert_eq!(code(environments.delete(made, Confirm::NOTHING).await), Code::EnvironmentProtected);
    environments.set_default(default).await.unwrap();
    environments.delete(made, Confirm::NOTHING).await.unwrap();
    assert_eq!(code(environments.delete(made, Confirm::NOTHING).await), Code::NotFound);

    let mut events = world.app_events().await;
    events.retain(|event| event.created_at > start_of_tests());
    let mut seen: Vec<(&str, String)> =
        events.iter().map(|event| (event.action.as_str(), event.target.clone().unwrap())).collect();
    seen.sort();
    let (made, copied, default) = (made.to_string(), copied.unwrap().to_string(), default.to_string());
    let expected = [
        ("environment.activated", &made),
        ("environment.cloned", &copied),
        ("environment.created", &made),
        ("environment.deactivated", &made),
        ("environment.default_changed", &default),
        ("environment.default_changed", &made),
        ("environment.deleted", &made),
        ("environment.updated", &made),
    ];
    let mut expected = expected.map(|(action, target)| (action, target.clone()));
    expected.sort();
    assert_eq!(seen, expected);
    assert!(events.iter().all(|event| event.actor.as_deref() == Some("administrator")));
}

#[tokio::test]
async fn each_setting_says_where_it_comes_from() {
    let settings = Settings { lockout_max_attempts: Some(5), ..Settings::default() };
    let world = World::with_settings(settings).await;
    world.configure("development", serde_json::json!({ "min_password_length": 12 })).await;
    let id = world.here().await.scope().env_id;
    let sourced = world.environments().await.effective_settings(id).await.unwrap();
    assert_eq!(sourced.min_password_length.source, SettingSource::Environment);
    assert_eq!(sourced.lockout_max_attempts.source, SettingSource::Config);
    assert_eq!(sourced.session_ttl.source, SettingSource::BuiltIn);
    let bad = EnvironmentPatch {
        settings: Some(Settings { min_password_length: Some(1), ..Settings::default() }.into()),
        ..EnvironmentPatch::default()
    };
    let error = world.environments().await.update(id, &bad, Confirm::NOTHING).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "settings.min_password_length");
}
