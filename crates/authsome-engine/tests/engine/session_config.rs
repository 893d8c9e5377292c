//! What an app says for all its environments.

use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::environment::{SettingSource, Settings};
use authsome_core::error::Code;
use authsome_core::id::{AppId, TypedId};
use authsome_core::time::Seconds;

use crate::common::*;

fn ttl(seconds: u32) -> Settings {
    Settings { session_ttl: Some(Seconds(seconds)), ..Settings::default() }
}

impl World {
    async fn sourced_ttl(&self, slug: &str) -> (u32, SettingSource) {
        let id = self.environment(slug).await.scope().env_id;
        let sourced = self.environments().await.effective_settings(id).await.unwrap();
        (sourced.session_ttl.value.0, sourced.session_ttl.source)
    }
}

#[tokio::test]
async fn an_environments_own_setting_wins_over_its_apps_and_that_over_the_configuration() {
    let world = World::with_settings(ttl(7_000)).await;
    let (apps, app) = (world.engine.apps(), world.app().await);
    assert_eq!(apps.session_config(app).await.unwrap(), None);
    assert_eq!(world.sourced_ttl("staging").await, (7_000, SettingSource::Config));
    let set = apps.set_session_config(app, &ttl(8_000), TokenFormat::Opaque).await.unwrap();
    assert_eq!(apps.session_config(app).await.unwrap(), Some(set));
    world.configure("staging", serde_json::json!({ "session_ttl": 9_000 })).await;
    assert_eq!(world.sourced_ttl("staging").await, (9_000, SettingSource::Environment));
    assert_eq!(world.sourced_ttl("development").await, (8_000, SettingSource::App));
    let issued = world.sign_up(ALICE).await;
    assert_eq!(issued.session.expires_at, start_of_tests().plus(seconds(8_000)));
    apps.clear_session_config(app).await.unwrap();
    assert_eq!(world.sourced_ttl("development").await, (7_000, SettingSource::Config));
}

#[tokio::test]
async fn what_is_said_anew_replaces_what_was_said_before() {
    let world = World::new().await;
    let (apps, app) = (world.engine.apps(), world.app().await);
    let first = apps.set_session_config(app, &ttl(8_000), TokenFormat::Opaque).await.unwrap();
    let strict = Settings { min_password_length: Some(12), ..Settings::default() };
    world.advance(seconds(5));
    let second = apps.set_session_config(app, &strict, TokenFormat::Jwt).await.unwrap();
    assert_eq!((second.id, second.created_at), (first.id, first.created_at));
    assert_eq!((&second.settings, second.token_format), (&strict, TokenFormat::Jwt));
    assert_eq!(apps.session_config(app).await.unwrap(), Some(second));
    assert_eq!(world.sourced_ttl("staging").await.1, SettingSource::BuiltIn);
}

#[tokio::test]
async fn it_is_one_event_each_time_it_is_set_and_one_when_it_is_cleared() {
    let world = World::new().await;
    let (apps, app) = (world.engine.apps(), world.app().await);
    apps.set_session_config(app, &ttl(8_000), TokenFormat::Opaque).await.unwrap();
    apps.set_session_config(app, &ttl(9_000), TokenFormat::Opaque).await.unwrap();
    apps.clear_session_config(app).await.unwrap();
    apps.clear_session_config(app).await.unwrap();
    let events = world.app_events().await;
    let count = |action| events.iter().filter(|event| event.action == action).count();
    assert_eq!((count("session_config.set"), count("session_config.cleared")), (2, 1));
}

#[tokio::test]
async fn what_is_not_valid_or_about_no_app_is_refused() {
    let world = World::new().await;
    let (apps, app) = (world.engine.apps(), world.app().await);
    let error = apps.set_session_config(app, &ttl(1), TokenFormat::Opaque).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "settings.session_ttl");
    let nobody = AppId::generate(start_of_tests(), &**world.engine.entropy()).unwrap();
    assert_eq!(code(apps.session_config(nobody).await), Code::NotFound);
    assert_eq!(code(apps.set_session_config(nobody, &ttl(600), TokenFormat::Opaque).await), Code::NotFound);
    assert_eq!(code(apps.clear_session_config(nobody).await), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_set_it_at_once_each_succeeds_and_there_is_one() {
    let world = World::new().await;
    let app = world.app().await;
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let apps = world.engine.apps();
            tokio::spawn(async move { apps.set_session_config(app, &ttl(600 + number), TokenFormat::Opaque).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(world.engine.apps().session_config(app).await.unwrap().is_some());
    assert_eq!(world.sourced_ttl("staging").await.1, SettingSource::App);
}
