//! What `down` takes back, and in which order.

use authsome_core::migration::{Down, MigrateError, Migration};
use authsome_core::schema::SchemaError;
use authsome_core::time::Timestamp;
use authsome_migrate::DownTo;

use crate::database::Database;
use crate::declared::{at, core_1, core_2, core_and_password, creates, group, plugin};

#[tokio::test]
async fn steps_are_taken_back_in_reverse_dependency_order_in_one_call() {
    let database = Database::new();
    let groups = [
        group("b", &["a"], vec![creates(1, "b")]),
        group("a", &[], vec![creates(1, "a1"), creates(2, "a2")]),
        group("core", &[], vec![core_1()]),
    ];
    database.up(&groups).await;
    database.log();
    let report = database.migrator(&groups).down(&DownTo::Start).await.unwrap();
    assert_eq!(report.reverted, ["b/1 create_b", "a/2 create_a2", "a/1 create_a1", "core/1 create_users"]);
    assert_eq!(database.log(), ["begin", "revert b/1 a/2 a/1 core/1", "finish"]);
    assert!(database.tables().is_empty() && database.history_steps().is_empty());
}

#[tokio::test]
async fn down_to_a_step_keeps_it_and_all_before_it() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    let migrator = database.migrator(&core_and_password());
    let report = migrator.down(&DownTo::Step(at("core/1"))).await.unwrap();
    assert_eq!(report.reverted, ["password/1 create", "core/2 add_age"]);
    assert_eq!(database.history_steps(), ["core/1"]);
    assert_eq!(migrator.up().await.unwrap().applied, ["core/2 add_age", "password/1 create"]);
}

#[tokio::test]
async fn down_to_the_last_step_and_down_of_nothing_take_no_lock() {
    let database = Database::new();
    let migrator = database.migrator(&core_and_password());
    assert!(migrator.down(&DownTo::LastStep).await.unwrap().reverted.is_empty());
    assert!(migrator.down(&DownTo::Start).await.unwrap().reverted.is_empty());
    assert!(database.log().is_empty());
    migrator.up().await.unwrap();
    database.log();
    assert!(migrator.down(&DownTo::Step(at("password/1"))).await.unwrap().reverted.is_empty());
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn the_last_step_is_the_one_that_was_applied_last_not_the_last_plugins() {
    let database = Database::new();
    let mut groups = vec![group("core", &[], vec![core_1()]), plugin("password")];
    database.up(&groups).await;
    groups[0].migrations.push(core_2());
    database.up(&groups).await;
    let migrator = database.migrator(&groups);
    assert_eq!(migrator.down(&DownTo::LastStep).await.unwrap().reverted, ["core/2 add_age"]);
    assert_eq!(migrator.down(&DownTo::LastStep).await.unwrap().reverted, ["password/1 create"]);
}

#[tokio::test]
async fn a_step_that_others_refer_to_is_not_taken_back_before_them() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    // A clock that ran backwards: the users' step claims to be the latest.
    database.change(|state| {
        for row in state.history.iter_mut().flatten().filter(|row| row.group == "core") {
            row.applied_at = Timestamp::MAX;
        }
    });
    database.log();
    let error = database.migrator(&core_and_password()).down(&DownTo::Step(at("password/1"))).await.unwrap_err();
    assert!(matches!(
        error,
        MigrateError::Schema { version: 1, source: SchemaError::TableInUse(table, _), .. } if table == "users"
    ));
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn a_step_that_cannot_be_taken_back_stops_the_rollback_before_it_begins() {
    let groups =
        [group("core", &[], vec![core_1(), Migration { down: Down::Irreversible, ..core_2() }, creates(3, "more")])];
    let database = Database::new();
    database.up(&groups).await;
    database.log();
    let migrator = database.migrator(&groups);
    let error = migrator.down(&DownTo::Start).await.unwrap_err();
    assert!(matches!(error, MigrateError::Irreversible { group, version: 2 } if group == "core"));
    assert!(database.log().is_empty());
    assert_eq!(migrator.down(&DownTo::LastStep).await.unwrap().reverted, ["core/3 create_more"]);
}

#[tokio::test]
async fn down_to_a_step_that_is_not_applied_or_not_declared_is_refused() {
    let database = Database::new();
    let migrator = database.migrator(&core_and_password());
    migrator.up_to(&at("core/1")).await.unwrap();
    for step in ["core/2", "core/9", "none/1"] {
        let error = migrator.down(&DownTo::Step(at(step))).await.unwrap_err();
        assert!(matches!(error, MigrateError::NoSuchTarget(named) if named.starts_with(step)));
    }
}

#[tokio::test]
async fn the_steps_of_an_absent_group_are_reported_and_stay() {
    let database = Database::new();
    let core = [group("core", &[], vec![core_1(), core_2()])];
    database.up(&[core[0].clone(), group("old", &[], vec![creates(1, "old")])]).await;
    let report = database.migrator(&core).down(&DownTo::Start).await.unwrap();
    assert_eq!(report.absent_groups, ["old"]);
    assert_eq!(database.history_steps(), ["old/1"]);
    assert_eq!(database.tables(), ["old"]);
}

#[tokio::test]
async fn a_rollback_that_another_process_finished_meanwhile_takes_nothing_back_twice() {
    let groups = core_and_password();
    let (database, other) = (Database::new(), Database::new());
    database.up(&groups).await;
    other.up(&groups).await;
    other.migrator(&groups).down(&DownTo::Start).await.unwrap();
    *database.meanwhile.lock().unwrap() = Some(other.state());
    database.log();
    assert!(database.migrator(&groups).down(&DownTo::Start).await.unwrap().reverted.is_empty());
    assert_eq!(database.log(), ["begin", "finish"]);
    assert!(database.history_steps().is_empty());
}
