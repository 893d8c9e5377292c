//! A run that ends in the middle, and the one after it.

use std::sync::Arc;

use authsome_core::error::StoreError;
use authsome_core::migration::MigrateError;
use authsome_core::migration::MigrationGroup;

use crate::database::{ATOMICITIES, Atomicity, Database, Fault};
use crate::declared::{core_1, core_2, core_and_password, group, plugin};

fn all_steps() -> [&'static str; 3] {
    ["core/1", "core/2", "password/1"]
}

async fn fails_at(database: &Database, groups: &[MigrationGroup], step: &str) {
    database.fault(Some(Fault::Fails(step.to_owned())));
    let error = database.migrator(groups).up().await.unwrap_err();
    assert!(matches!(error, MigrateError::Store(StoreError::Unavailable { .. })));
    database.fault(None);
}

#[tokio::test]
async fn a_run_after_a_failed_one_applies_what_is_left() {
    for atomicity in ATOMICITIES {
        for step in all_steps() {
            let database = Database::with(atomicity);
            fails_at(&database, &core_and_password(), step).await;
            assert!(!database.history_steps().iter().any(|applied| applied == step));
            database.up(&core_and_password()).await;
            assert_eq!(database.history_steps(), all_steps());
            assert_eq!(database.tables(), ["password", "users"]);
            assert!(database.migrator(&core_and_password()).verify().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_first_run_that_fails_leaves_nothing_where_calls_are_transactions() {
    for atomicity in [Atomicity::Run, Atomicity::Call] {
        let database = Database::with(atomicity);
        fails_at(&database, &core_and_password(), "password/1").await;
        assert!(database.history_steps().is_empty());
        assert!(database.tables().is_empty());
    }
}

#[tokio::test]
async fn a_later_run_that_fails_keeps_the_steps_before_the_failing_one() {
    for atomicity in [Atomicity::Call, Atomicity::Step] {
        let database = Database::with(atomicity);
        database.up(&[group("core", &[], vec![core_1()])]).await;
        fails_at(&database, &core_and_password(), "password/1").await;
        assert_eq!(database.history_steps(), ["core/1", "core/2"]);
    }
}

#[tokio::test]
async fn a_run_whose_process_dies_holds_no_lock_and_the_next_one_finishes() {
    for atomicity in ATOMICITIES {
        for step in all_steps() {
            let database = Arc::new(Database::with(atomicity));
            database.fault(Some(Fault::Hangs(step.to_owned())));
            let dying = tokio::spawn({
                let database = Arc::clone(&database);
                async move { database.migrator(&core_and_password()).up().await }
            });
            database.hangs().await;
            dying.abort();
            assert!(dying.await.unwrap_err().is_cancelled());
            database.fault(None);
            database.up(&core_and_password()).await;
            assert_eq!(database.history_steps(), all_steps());
        }
    }
}

#[tokio::test]
async fn a_rollback_that_fails_can_be_repeated() {
    use authsome_migrate::DownTo;
    for atomicity in ATOMICITIES {
        let database = Database::with(atomicity);
        let groups = [group("core", &[], vec![core_1(), core_2()]), plugin("password"), plugin("mfa")];
        database.up(&groups).await;
        database.fault(Some(Fault::Fails("core/2".to_owned())));
        let migrator = database.migrator(&groups);
        let error = migrator.down(&DownTo::Start).await.unwrap_err();
        assert!(matches!(error, MigrateError::Store(StoreError::Unavailable { .. })));
        assert!(database.history_steps().contains(&"core/2".to_owned()));
        database.fault(None);
        migrator.down(&DownTo::Start).await.unwrap();
        assert!(database.history_steps().is_empty());
        assert!(database.tables().is_empty());
    }
}
