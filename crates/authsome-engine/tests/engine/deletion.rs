//! Deleting environments and apps, and taking out what is in them.

use authsome_core::app::App;
use authsome_core::appsessionconfig::{AppSessionConfig, TokenFormat};
use authsome_core::attempt::Lockout;
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::device::Device;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, Settings};
use authsome_core::error::{Code, Error};
use authsome_core::event::AppEvent;
use authsome_core::id::{TypedId, UserId};
use authsome_core::metadata::Metadata;
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::organization::Organization;
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::user::User;
use authsome_engine::{NewApp, NewEnvironment};

use crate::common::filled::{Handed, count, rows, tables};
use crate::common::*;

const APP_CONFIRMED: Confirm = Confirm::to(Destructive::DeleteApp);

impl World {
    async fn delete(&self, slug: &str) -> Scope {
        let scope = self.environment(slug).await.scope();
        self.environments().await.delete(scope.env_id, Confirm::NOTHING).await.unwrap();
        scope
    }

    /// Adds users who have nothing but a row.
    async fn add_users(&self, scope: &Scope, number: u32) {
        for number in 0..number {
            let id = UserId::generate(start_of_tests(), &**self.engine.entropy()).unwrap();
            let email = format!("user{number}@example.com").parse().unwrap();
            User::new(id, *scope, &email, start_of_tests()).insert(scope, &*self.store).await.unwrap();
        }
    }

    async fn is_empty(&self, scope: &Scope) -> bool {
        for table in tables() {
            if count(table, scope, &self.store).await > 0 {
                return false;
            }
        }
        true
    }

    async fn has_row(&self, scope: &Scope) -> bool {
        let find = Environment::find(&scope.app_id).filter(Environment::ID.eq(scope.env_id));
        find.one(&*self.store).await.unwrap().is_some()
    }

    /// Holds that nothing that was handed out in an environment is good for anything.
    async fn assert_nothing_works(&self, handed: &Handed) {
        assert_eq!(code(self.authenticate(&handed.issued.token).await), Code::SessionNotFound);
        assert_eq!(code(self.authenticate(&handed.key).await), Code::SessionNotFound);
        let here = self.here().await;
        let refreshed = here.auth().refresh(&handed.issued.refresh_token, &client()).await;
        assert_eq!(code(refreshed), Code::SessionNotFound);
        let account = here.account();
        assert_eq!(code(account.verify_email(&handed.verification).await), Code::InvalidToken);
        let reset = account.reset(&handed.reset, &password("a wholly new password")).await;
        assert_eq!(code(reset), Code::InvalidToken);
    }
}

#[tokio::test]
async fn a_deleted_environment_is_unreachable_at_once() {
    let world = World::new().await;
    let handed = world.fill("staging").await;
    let before = rows(&world.environment("staging").await.scope(), &world.store).await;
    assert!(before.iter().map(Vec::len).sum::<usize>() > 20);
    let scope = world.delete("staging").await;
    let id = scope.env_id.to_string();
    for named in ["staging", id.as_str()] {
        assert_eq!(code(world.engine.environment(named).await), Code::NotFound);
        assert_eq!(code(world.engine.select(None, Some(named)).await), Code::InvalidRequest);
    }
    let environments = world.environments().await;
    assert_eq!(code(environments.get(scope.env_id).await), Code::NotFound);
    assert_eq!(code(environments.get_by_slug("staging").await), Code::NotFound);
    assert_eq!(code(environments.activate(scope.env_id).await), Code::NotFound);
    assert_eq!(code(environments.set_default(scope.env_id).await), Code::NotFound);
    world.assert_nothing_works(&handed).await;
    assert_eq!(rows(&scope, &world.store).await, before, "it was not emptied yet");
    world.run_jobs().await;
    world.assert_nothing_works(&handed).await;
}

#[tokio::test]
async fn another_process_does_not_reach_a_deleted_environment_after_a_second() {
    let world = World::new().await;
    let handed = world.fill("staging").await;
    let other = world.another_engine();
    authenticate(&other, &handed.issued.token, &client()).await.unwrap();
    world.delete("staging").await;
    world.advance(seconds(1));
    for token in [&handed.issued.token, &handed.key] {
        assert_eq!(code(authenticate(&other, token, &client()).await), Code::SessionNotFound);
    }
}

#[tokio::test]
async fn a_job_empties_every_table_of_a_deleted_environment_and_no_other_environment() {
    let world = World::new().await;
    for slug in ["development", "staging", "production"] {
        world.fill(slug).await;
    }
    let second = world.engine.apps().create(&NewApp { name: "Second".to_owned(), slug: None }).await.unwrap();
    let there = world.engine.environment_of(second.id, "staging").await.unwrap();
    sign_up_in(&there, ALICE).await;
    world.run_jobs().await;
    let scope = world.environment("staging").await.scope();
    for table in tables() {
        assert!(count(table, &scope, &world.store).await > 0, "{} has no row to be taken out", table.name);
    }
    let others =
        [world.environment("development").await.scope(), world.environment("production").await.scope(), there.scope()];
    let mut before = Vec::new();
    for other in &others {
        before.push(rows(other, &world.store).await);
    }
    world.delete("staging").await;
    world.run_jobs().await;
    for table in tables() {
        assert_eq!(count(table, &scope, &world.store).await, 0, "{}", table.name);
    }
    assert!(!world.has_row(&scope).await);
    for (other, before) in others.iter().zip(before) {
        assert_eq!(rows(other, &world.store).await, before);
    }
    assert!(world.app_events().await.iter().any(|event| event.action == "environment.deleted"));
}

#[tokio::test]
async fn mail_that_waits_in_a_deleted_environment_is_not_sent_and_keeps_no_other_waiting() {
    let world = World::new().await;
    sign_up_in(&world.environment("staging").await, "gone@example.com").await;
    world.delete("staging").await;
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    assert_eq!(world.mails.one().to, ALICE);
}

#[tokio::test]
async fn an_environment_of_many_rows_is_emptied_in_batches() {
    let world = World::new().await;
    let scope = world.environment("staging").await.scope();
    world.add_users(&scope, 950).await;
    world.delete("staging").await;
    world.run_jobs().await;
    assert!(world.is_empty(&scope).await && !world.has_row(&scope).await);
}

#[tokio::test]
async fn a_table_that_was_found_empty_is_not_looked_at_before_every_batch() {
    let world = World::new().await;
    let scope = world.environment("staging").await.scope();
    world.add_users(&scope, 950).await;
    world.delete("staging").await;
    world.store.asked();
    world.run_jobs().await;
    let asked = world.store.asked();
    // Until it is empty, and once more before the environment goes.
    let times = |table: &TableDef| asked.iter().filter(|asked| **asked == format!("delete {}", table.name)).count();
    assert_eq!((times(User::table()), times(Device::table())), (7, 2));
}

#[tokio::test]
async fn what_comes_into_a_table_that_was_found_empty_goes_too() {
    let world = World::new().await;
    let scope = world.environment("staging").await.scope();
    world.add_users(&scope, 2_000).await;
    world.delete("staging").await;
    // As many as there are tables, those of cleaning up, and some batches of users.
    world.store.answer_deletions(Some(u32::try_from(tables().len()).unwrap() + 10));
    tokio::select! {
        ended = world.engine.run_jobs_once() => panic!("it was not interrupted: {ended:?}"),
        () = world.store.stopped() => {}
    }
    let left = count(User::table(), &scope, &world.store).await;
    assert!((1..2_000).contains(&left), "{left}");
    let organization = Organization {
        id: TypedId::generate(start_of_tests(), &**world.engine.entropy()).unwrap(),
        scope,
        name: "Late".to_owned(),
        slug: "late".to_owned(),
        logo: None,
        metadata: Metadata::default(),
        created_by: None,
        created_at: start_of_tests(),
        updated_at: start_of_tests(),
    };
    organization.insert(&scope, &*world.store).await.unwrap();
    let (subject, expires_at) = ("late".to_owned(), start_of_tests().plus(days(1)));
    let lockout = Lockout { subject, scope, failures: 1, pending: 0, locked_until: None, expires_at };
    lockout.insert(&scope, &*world.store).await.unwrap();
    world.store.answer_deletions(None);
    world.run_jobs().await;
    assert!(world.is_empty(&scope).await && !world.has_row(&scope).await);
}

#[tokio::test]
async fn what_an_interrupted_job_left_another_engine_takes_out() {
    let world = World::new().await;
    world.fill("staging").await;
    let scope = world.environment("staging").await.scope();
    world.add_users(&scope, 450).await;
    world.delete("staging").await;
    for answered in [9, 12, 20, 22] {
        world.store.answer_deletions(Some(answered));
        tokio::select! {
            ended = world.engine.run_jobs_once() => panic!("it was not interrupted: {ended:?}"),
            () = world.store.stopped() => {}
        }
        assert!(world.has_row(&scope).await);
    }
    assert!(!world.is_empty(&scope).await);
    world.store.answer_deletions(None);
    let other = world.another_engine();
    other.prepare().await.unwrap();
    other.run_jobs_once().await.unwrap();
    assert!(world.is_empty(&scope).await && !world.has_row(&scope).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn engines_that_empty_at_once_do_no_harm() {
    let world = World::new().await;
    let scope = world.environment("staging").await.scope();
    world.add_users(&scope, 450).await;
    world.delete("staging").await;
    let engines: Vec<_> = (0..4).map(|_| world.another_engine()).collect();
    let tasks: Vec<_> =
        engines.into_iter().map(|engine| tokio::spawn(async move { engine.run_jobs_once().await })).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(world.is_empty(&scope).await && !world.has_row(&scope).await);
}

#[tokio::test]
async fn many_environments_that_are_deleted_at_once_all_go() {
    let world = World::new().await;
    let mut scopes = Vec::new();
    for number in 0..130 {
        let new = NewEnvironment::new(&format!("E {number}"), EnvironmentType::Custom);
        scopes.push(world.environments().await.create(&new).await.unwrap().scope());
    }
    for scope in &scopes {
        world.environments().await.delete(scope.env_id, Confirm::NOTHING).await.unwrap();
    }
    world.run_jobs().await;
    for scope in &scopes {
        assert!(!world.has_row(scope).await);
    }
}

/// A world with a second app, in whose production environment alice is registered.
async fn with_second_app() -> (World, App, authsome_core::plugin::SignedIn) {
    let world = World::new().await;
    let app = world.engine.apps().create(&NewApp { name: "Second".to_owned(), slug: None }).await.unwrap();
    let config = Settings::default();
    world.engine.apps().set_session_config(app.id, &config, TokenFormat::Jwt).await.unwrap();
    let there = world.engine.environment_of(app.id, "production").await.unwrap();
    let issued = sign_up_in(&there, ALICE).await;
    (world, app, issued)
}

#[tokio::test]
async fn a_deleted_app_is_unreachable_at_once_and_its_slug_is_free() {
    let (world, app, issued) = with_second_app().await;
    let apps = world.engine.apps();
    let active = world.engine.select(Some(&app.publishable_key), Some("production")).await.unwrap();
    apps.delete(app.id, APP_CONFIRMED).await.unwrap();
    assert_eq!(code(apps.get(app.id).await), Code::NotFound);
    assert_eq!(code(apps.get_by_slug("second").await), Code::NotFound);
    assert_eq!(code(world.engine.select(Some(&app.publishable_key), None).await), Code::InvalidRequest);
    assert_eq!(code(world.engine.environment_of(app.id, "production").await), Code::NotFound);
    assert_eq!(code(world.authenticate(&issued.token).await), Code::SessionNotFound);
    let refreshed = world.here().await.auth().refresh(&issued.refresh_token, &client()).await;
    assert_eq!(code(refreshed), Code::SessionNotFound);
    let environments = world.engine.environments_of(app.id);
    assert_eq!(code(environments.get_default().await), Code::NotFound);
    assert_eq!(code(environments.get(active.environment.id).await), Code::NotFound);
    let new = NewEnvironment::new("Late", EnvironmentType::Custom);
    assert_eq!(code(environments.create(&new).await), Code::NotFound);

    let again = apps.create(&NewApp { name: "Second".to_owned(), slug: None }).await.unwrap();
    assert_eq!((again.slug.as_str(), again.id == app.id), ("second", false));
    assert_ne!(again.publishable_key, app.publishable_key);
    world.run_jobs().await;
    assert_eq!(apps.get_by_slug("second").await.unwrap(), again);
}

#[tokio::test]
async fn a_job_takes_out_all_of_a_deleted_app_and_no_other() {
    let (world, app, issued) = with_second_app().await;
    world.sign_up(ALICE).await;
    world.run_jobs().await;
    let here = world.here().await.scope();
    let before = rows(&here, &world.store).await;
    world.engine.apps().delete(app.id, APP_CONFIRMED).await.unwrap();
    world.run_jobs().await;
    assert!(world.is_empty(&issued.session.scope).await);
    let store = &*world.store;
    assert_eq!(Environment::find(&app.id).count(store).await.unwrap(), 0);
    assert_eq!(AppSessionConfig::find(&app.id).count(store).await.unwrap(), 0);
    assert_eq!(AppEvent::find(&app.id).count(store).await.unwrap(), 0);
    assert_eq!(App::find(()).filter(App::ID.eq(app.id)).count(store).await.unwrap(), 0);
    assert_eq!(rows(&here, store).await, before);
}

#[tokio::test]
async fn what_an_interrupted_job_left_of_an_app_another_engine_takes_out() {
    let (world, app, issued) = with_second_app().await;
    world.add_users(&issued.session.scope, 250).await;
    world.engine.apps().delete(app.id, APP_CONFIRMED).await.unwrap();
    world.store.answer_deletions(Some(12));
    tokio::select! {
        ended = world.engine.run_jobs_once() => panic!("it was not interrupted: {ended:?}"),
        () = world.store.stopped() => {}
    }
    world.store.answer_deletions(None);
    world.another_engine().run_jobs_once().await.unwrap();
    assert!(world.is_empty(&issued.session.scope).await);
    assert_eq!(App::find(()).filter(App::ID.eq(app.id)).count(&*world.store).await.unwrap(), 0);
}

/// A row that keeps its user from being deleted.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_holds", scope = PerEnvironment)]
#[reference(user_id, to = User, on_delete = Restrict)]
struct Hold {
    #[entity(id)]
    user_id: UserId,
    #[entity(scope)]
    scope: Scope,
}

/// Brings [`Hold`].
struct Holds;

impl Plugin for Holds {
    fn name(&self) -> &'static str {
        "holds"
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        let make = Operation::CreateTable(Hold::table().clone());
        let migrations = vec![Migration::new(1, "create_holds", vec![make])];
        Some(MigrationGroup { name: "holds".to_owned(), depends_on: vec![CORE_GROUP.to_owned()], migrations })
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![Hold::table()]
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities::default())
    }
}

#[tokio::test]
async fn environments_that_cannot_be_emptied_keep_no_other_waiting() {
    let world = World::with(|builder| builder.plugin(Holds)).await;
    let deleted = async |name: &str| -> (Scope, UserId) {
        let environments = world.environments().await;
        let made = environments.create(&NewEnvironment::new(name, EnvironmentType::Custom)).await.unwrap();
        world.add_users(&made.scope(), 1).await;
        environments.delete(made.id, Confirm::NOTHING).await.unwrap();
        (made.scope(), User::find(&made.scope()).one(&*world.store).await.unwrap().unwrap().id)
    };
    let mut held = Vec::new();
    for number in 0..101 {
        let (scope, user_id) = deleted(&format!("Held {number}")).await;
        Hold { user_id, scope }.insert(&scope, &*world.store).await.unwrap();
        held.push(scope);
    }
    world.advance(seconds(1));
    let (behind, _) = deleted("Behind").await;
    let without_the_plugin = world.another_engine();
    for _ in 0..2 {
        assert_eq!(code(without_the_plugin.run_jobs_once().await), Code::Conflict);
    }
    assert!(world.is_empty(&behind).await && !world.has_row(&behind).await);
    assert!(world.has_row(&held[0]).await);
    world.run_jobs().await;
    for held in held {
        assert!(world.is_empty(&held).await && !world.has_row(&held).await);
    }
}

#[tokio::test]
async fn apps_that_cannot_be_emptied_keep_no_other_waiting() {
    let world = World::with(|builder| builder.plugin(Holds)).await;
    let apps = world.engine.apps();
    let deleted = async |number: u32| {
        let app = apps.create(&NewApp { name: format!("App {number}"), slug: None }).await.unwrap();
        let scope = world.engine.environment_of(app.id, "staging").await.unwrap().scope();
        world.add_users(&scope, 1).await;
        apps.delete(app.id, APP_CONFIRMED).await.unwrap();
        (scope, User::find(&scope).one(&*world.store).await.unwrap().unwrap().id)
    };
    for number in 0..101 {
        let (scope, user_id) = deleted(number).await;
        Hold { user_id, scope }.insert(&scope, &*world.store).await.unwrap();
    }
    world.advance(seconds(1));
    let behind = deleted(101).await.0.app_id;
    let without_the_plugin = world.another_engine();
    for _ in 0..2 {
        assert_eq!(code(without_the_plugin.run_jobs_once().await), Code::Conflict);
    }
    let rows = App::find(()).filter(App::DELETED_AT.is_not_null());
    let left = rows.all(&*world.store).await.unwrap();
    assert_eq!((left.len(), left.iter().any(|app| app.id == behind)), (101, false));
}
