//! What is refused before anything is touched.

use authsome_core::clock::SystemClock;
use authsome_core::migration::{Down, HistoryFault, MigrateError, Migration, MigrationGroup, Operation};
use authsome_core::schema::SchemaError;
use authsome_migrate::{DownTo, Migrator};

use crate::database::{Database, State};
use crate::declared::{add_column, core_1, core_2, core_and_password, creates, group, plugin};

fn declared(groups: &[MigrationGroup]) -> MigrateError {
    Migrator::new(&Database::new(), groups, &SystemClock).unwrap_err()
}

/// Every verb that changes something answers the same error and takes no lock.
async fn refused(database: &Database, groups: &[MigrationGroup], expected: impl Fn(&MigrateError) -> bool) {
    database.log();
    let migrator = database.migrator(groups);
    let errors = [
        migrator.plan().await.unwrap_err(),
        migrator.up().await.unwrap_err(),
        migrator.down(&DownTo::Start).await.unwrap_err(),
        migrator.baseline().await.unwrap_err(),
    ];
    for error in errors {
        assert!(expected(&error), "{error:?}");
    }
    assert!(database.log().is_empty());
}

#[test]
fn groups_that_share_a_name_are_refused() {
    let error = declared(&[plugin("a"), plugin("a")]);
    assert!(matches!(error, MigrateError::DuplicateGroup { group } if group == "a"));
}

#[test]
fn a_version_that_is_listed_twice_is_refused() {
    let error = declared(&[group("a", &[], vec![creates(1, "x"), creates(1, "y")])]);
    assert!(matches!(error, MigrateError::DuplicateVersion { group, version: 1 } if group == "a"));
}

#[test]
fn a_dependency_that_is_not_there_is_refused() {
    let error = declared(&[group("a", &["b"], Vec::new())]);
    assert!(
        matches!(error, MigrateError::UnknownDependency { group, dependency } if group == "a" && dependency == "b")
    );
}

#[test]
fn groups_in_a_circle_are_refused() {
    let error = declared(&[group("a", &["b"], Vec::new()), group("b", &["a"], Vec::new())]);
    assert!(matches!(error, MigrateError::Cycle { groups } if groups == ["a", "b", "a"]));
}

#[test]
fn a_step_that_does_not_fit_the_schema_before_it_is_refused() {
    let error = declared(&[group("a", &[], vec![Migration::new(3, "lost", vec![add_column("none", "x")])])]);
    assert!(matches!(
        error,
        MigrateError::Schema { group, version: 3, source: SchemaError::NoTable(table) } if group == "a" && table == "none"
    ));
}

#[test]
fn a_step_whose_way_back_does_not_fit_is_refused() {
    let down = Down::Operations(vec![Operation::DropTable { table: "none".to_owned() }]);
    let error = declared(&[group("a", &[], vec![Migration { down, ..creates(1, "x") }])]);
    assert!(
        matches!(error, MigrateError::Schema { version: 1, source: SchemaError::NoTable(table), .. } if table == "none")
    );
}

#[test]
fn a_step_that_leaves_a_reference_to_a_table_that_is_gone_is_refused() {
    let drop = Migration::new(1, "drop_users", vec![Operation::DropTable { table: "users".to_owned() }]);
    let error =
        declared(&[group("core", &[], vec![core_1()]), plugin("password"), group("z", &["password"], vec![drop])]);
    assert!(matches!(
        error,
        MigrateError::Schema { group, source: SchemaError::TableInUse(table, _), .. } if group == "z" && table == "users"
    ));
}

#[tokio::test]
async fn a_step_that_was_changed_after_it_was_applied_is_refused() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    let mut groups = core_and_password();
    groups[0].migrations[1].up.push(add_column("users", "height"));
    refused(&database, &groups, |error| {
        matches!(
            error,
            MigrateError::History(HistoryFault::Changed { group, version: 2, name }) if group == "core" && name == "add_age"
        )
    })
    .await;
}

#[tokio::test]
async fn a_step_that_was_renamed_after_it_was_applied_is_refused() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    let mut groups = core_and_password();
    groups[1].migrations[0].name = "renamed".to_owned();
    refused(&database, &groups, |error| {
        matches!(
            error,
            MigrateError::History(HistoryFault::Changed { group, version: 1, name }) if group == "password" && name == "create"
        )
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_program_is_refused() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    let groups = [group("core", &[], vec![core_1()]), plugin("password")];
    refused(&database, &groups, |error| {
        matches!(
            error,
            MigrateError::History(HistoryFault::Unknown { group, version: 2, name }) if group == "core" && name == "add_age"
        )
    })
    .await;
}

#[tokio::test]
async fn a_pending_step_before_an_applied_one_of_its_group_is_refused() {
    let database = Database::new();
    database.up(&[group("core", &[], vec![core_1(), creates(5, "late")])]).await;
    let groups = [group("core", &[], vec![core_1(), core_2(), creates(5, "late")])];
    refused(&database, &groups, |error| {
        matches!(
            error,
            MigrateError::History(HistoryFault::Late { group, version: 2, applied: 5 }) if group == "core"
        )
    })
    .await;
}

#[tokio::test]
async fn a_history_that_went_wrong_while_the_lock_was_awaited_is_refused() {
    let newer = Database::new();
    newer.up(&core_and_password()).await;
    let groups = [group("core", &[], vec![core_1()]), plugin("password")];
    let database = Database::new();
    *database.meanwhile.lock().unwrap() = Some(newer.state());
    let error = database.migrator(&groups).up().await.unwrap_err();
    assert!(matches!(error, MigrateError::History(HistoryFault::Unknown { version: 2, .. })));
    assert_eq!(database.log(), ["begin"]);
    assert_eq!(database.history_steps(), newer.history_steps());
}

#[tokio::test]
async fn a_group_whose_plugin_is_absent_is_reported_and_left_alone() {
    let database = Database::new();
    database.up(&core_and_password()).await;
    let groups = [group("core", &[], vec![core_1(), core_2(), creates(3, "more")])];
    let migrator = database.migrator(&groups);
    assert_eq!(migrator.plan().await.unwrap().absent_groups, ["password"]);
    assert_eq!(migrator.status().await.unwrap().absent_groups, ["password"]);
    for applied in [1, 0] {
        let report = migrator.up().await.unwrap();
        assert_eq!((report.applied.len(), report.absent_groups), (applied, vec!["password".to_owned()]));
    }
    assert_eq!(database.history_steps(), ["core/1", "core/2", "password/1", "core/3"]);
    assert!(migrator.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_of_a_refused_declaration_reaches_the_database() {
    let database = Database::new();
    let error = Migrator::new(&database, &[group("a", &["a"], Vec::new())], &SystemClock).unwrap_err();
    assert!(matches!(error, MigrateError::Cycle { .. }));
    let State { history, live, .. } = database.state();
    assert!(history.is_none() && live.tables.is_empty() && database.log().is_empty());
}
