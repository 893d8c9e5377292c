//! Adopting a database that has the tables already.

use authsome_core::migration::MigrateError;

use crate::database::Database;
use crate::declared::{core_1, core_and_password, group};

/// A database whose tables are there and whose history is not.
async fn made_by_hand() -> Database {
    let database = Database::new();
    database.up(&core_and_password()).await;
    database.change(|state| state.history = None);
    database.log();
    database
}

#[tokio::test]
async fn a_database_with_the_same_tables_is_adopted_without_running_anything() {
    let database = made_by_hand().await;
    let migrator = database.migrator(&core_and_password());
    let report = migrator.baseline().await.unwrap();
    assert_eq!(report.applied, ["core/1 create_users", "core/2 add_age", "password/1 create"]);
    assert_eq!(database.log(), ["begin", "record core/1 core/2 password/1", "finish"]);
    assert!(migrator.up().await.unwrap().applied.is_empty());
    assert!(migrator.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_whose_tables_differ_is_not_adopted() {
    let database = made_by_hand().await;
    database.change(|state| state.live.tables.get_mut("users").unwrap().indexes.clear());
    let error = database.migrator(&core_and_password()).baseline().await.unwrap_err();
    assert!(matches!(error, MigrateError::BaselineDiffers(_)));
    assert!(database.state().history.is_none());
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn an_empty_database_is_not_adopted() {
    let database = Database::new();
    let error = database.migrator(&core_and_password()).baseline().await.unwrap_err();
    assert!(matches!(error, MigrateError::BaselineDiffers(_)));
}

#[tokio::test]
async fn a_database_with_a_history_is_adopted_from_where_it_stands() {
    let database = made_by_hand().await;
    let first = Database::new();
    first.up(&[group("core", &[], vec![core_1()])]).await;
    database.change(|state| state.history = first.state().history);
    let report = database.migrator(&core_and_password()).baseline().await.unwrap();
    assert_eq!(report.applied, ["core/2 add_age", "password/1 create"]);
}

#[tokio::test]
async fn a_database_that_is_current_needs_no_adoption() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    database.log();
    assert!(database.migrator(&core_and_password()).baseline().await.unwrap().applied.is_empty());
    assert!(database.log().is_empty());
}

#[tokio::test]
async fn an_adoption_that_another_process_finished_meanwhile_records_nothing_twice() {
    let database = made_by_hand().await;
    let adopted = made_by_hand().await;
    adopted.migrator(&core_and_password()).baseline().await.unwrap();
    *database.meanwhile.lock().unwrap() = Some(adopted.state());
    let report = database.migrator(&core_and_password()).baseline().await.unwrap();
    assert!(report.applied.is_empty());
    assert_eq!(database.log(), ["begin", "finish"]);
    assert_eq!(database.history_steps(), ["core/1", "core/2", "password/1"]);
}
