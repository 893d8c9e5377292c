//! What `up` applies, in which order, and when it writes nothing.

use std::sync::Arc;

use authsome_core::clock::SystemClock;
use authsome_core::migration::MigrateError;
use authsome_migrate::Migrator;

use crate::database::{ATOMICITIES, Database};
use crate::declared::{at, core_1, core_2, core_and_password, creates, group, plugin};

#[tokio::test]
async fn a_first_run_applies_all_steps_in_one_call() {
    let database = Database::new();
    let applied = database.up(&core_and_password()).await;
    assert_eq!(applied, ["core/1 create_users", "core/2 add_age", "password/1 create"]);
    assert_eq!(database.log(), ["begin", "apply core/1 core/2 password/1", "finish"]);
}

#[tokio::test]
async fn a_later_run_applies_one_step_a_call() {
    let database = Database::new();
    database.up(&[group("core", &[], vec![core_1()])]).await;
    database.log();
    database.up(&core_and_password()).await;
    assert_eq!(database.log(), ["begin", "apply core/2", "apply password/1", "finish"]);
}

#[tokio::test]
async fn a_run_with_nothing_pending_takes_no_lock_and_writes_nothing() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    database.log();
    assert!(database.up(&core_and_password()).await.is_empty());
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn a_run_of_no_groups_takes_no_lock() {
    let database = Database::new();
    assert!(database.up(&[]).await.is_empty());
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn the_history_names_the_program_and_its_version() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    for row in database.state().history.unwrap() {
        assert_eq!(row.applied_by, concat!("authsome ", env!("CARGO_PKG_VERSION")));
        assert_eq!(row.checksum.len(), 64);
    }
}

#[tokio::test]
async fn groups_are_applied_after_those_they_depend_on_and_after_core() {
    let database = Database::new();
    let groups = [
        group("a", &["b"], vec![creates(1, "a")]),
        group("b", &[], vec![creates(1, "b")]),
        group("core", &[], vec![core_1()]),
    ];
    database.up(&groups).await;
    assert_eq!(database.history_steps(), ["core/1", "b/1", "a/1"]);
}

#[tokio::test]
async fn a_plugin_that_joins_after_later_steps_of_core_is_applied() {
    let database = Database::new();
    database.up(&[group("core", &[], vec![core_1(), core_2()])]).await;
    assert_eq!(database.up(&core_and_password()).await, ["password/1 create"]);
}

#[tokio::test]
async fn a_step_of_core_that_comes_after_a_plugins_is_applied_with_the_schema_as_it_is() {
    let database = Database::new();
    let mut groups = vec![group("core", &[], vec![core_1()]), plugin("password")];
    database.up(&groups).await;
    groups[0].migrations.push(core_2());
    assert_eq!(database.up(&groups).await, ["core/2 add_age"]);
}

#[tokio::test]
async fn up_to_stops_after_the_step_and_up_goes_on_from_there() {
    let database = Database::new();
    let groups = core_and_password();
    let migrator = database.migrator(&groups);
    assert_eq!(migrator.up_to(&at("core/1")).await.unwrap().applied, ["core/1 create_users"]);
    assert_eq!(database.history_steps(), ["core/1"]);
    database.log();
    assert!(migrator.up_to(&at("core/1")).await.unwrap().applied.is_empty());
    assert!(database.log().is_empty());
    assert_eq!(migrator.up().await.unwrap().applied, ["core/2 add_age", "password/1 create"]);
}

#[tokio::test]
async fn up_to_a_step_that_is_not_declared_is_refused() {
    let database = Database::new();
    let error = database.migrator(&core_and_password()).up_to(&at("core/9")).await.unwrap_err();
    assert!(matches!(error, MigrateError::NoSuchTarget(step) if step == "core/9"));
    assert!(database.log().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_runs_at_once_apply_each_step_once_and_none_fails() {
    for atomicity in ATOMICITIES {
        let database = Arc::new(Database::with(atomicity).meeting(10));
        let runs: Vec<_> = (0..10)
            .map(|_| {
                let database = Arc::clone(&database);
                tokio::spawn(async move {
                    let migrator = Migrator::new(&*database, &core_and_password(), &SystemClock).unwrap();
                    migrator.up().await.unwrap().applied.len()
                })
            })
            .collect();
        let mut applied = Vec::new();
        for run in runs {
            applied.push(run.await.unwrap());
        }
        applied.sort_unstable();
        assert_eq!(applied, [0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(database.history_steps(), ["core/1", "core/2", "password/1"]);
        assert_eq!(database.log().iter().filter(|call| call.starts_with("apply")).count(), 1);
    }
}
