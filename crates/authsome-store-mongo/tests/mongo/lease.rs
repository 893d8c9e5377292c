//! The lease of a migration.

use std::time::Duration;

use authsome_core::clock::SystemClock;
use authsome_core::migration::RunBy;
use authsome_core::store::Store;
use authsome_migrate::Migrator;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};

use crate::fixture::Home;

const LOCK: &str = "authsome_migration_lock";
static CLOCK: SystemClock = SystemClock;

/// Somebody else has it, until the moment.
async fn take_away(home: &Home, until: DateTime) {
    let taken = doc! {"$set": {"holder": ObjectId::new(), "expires_at": until}};
    home.beside.collection::<Document>(LOCK).update_one(doc! {"_id": "run"}, taken).upsert(true).await.unwrap();
}

#[tokio::test]
async fn a_holder_that_lost_its_lease_writes_no_more() {
    let home = Home::unmigrated(None).await;
    let groups = [authsome_core::registry::migrations()];
    let plan = Migrator::new(&home.store, &groups, &CLOCK).unwrap();
    let step = authsome_core::migration::Step {
        group: "core".to_owned(),
        version: 1,
        name: "create".to_owned(),
        checksum: "0".repeat(64),
        operations: groups[0].migrations[0].up.clone(),
        before: authsome_core::schema::Schema::default(),
    };
    assert!(!plan.plan().await.unwrap().is_empty());
    let mut session = home.store.migrations().begin().await.unwrap();
    take_away(&home, DateTime::MAX).await;
    let run = RunBy { program: "test", clock: &CLOCK };
    assert!(session.apply(std::slice::from_ref(&step), &run).await.is_err());
    assert!(session.record(std::slice::from_ref(&step), &run).await.is_err());
    assert_eq!(home.documents("authsome_migrations").await, 0);
    assert_eq!(home.documents("authsome_schema").await, 0);
    drop(session);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let kept = home.beside.collection::<Document>(LOCK).find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(kept.get_datetime("expires_at").unwrap(), &DateTime::MAX, "another's lease is left alone");
    home.leave().await;
}

#[tokio::test]
async fn a_holder_that_crashed_loses_its_lease_and_one_at_work_does_not() {
    let home = Home::unmigrated(None).await;
    take_away(&home, DateTime::MAX).await;
    let waiting = tokio::time::timeout(Duration::from_millis(500), home.store.migrate(&[]));
    assert!(waiting.await.is_err(), "it waits for the holder");
    take_away(&home, DateTime::from_millis(1)).await;
    assert!(!home.store.migrate(&[]).await.unwrap().applied.is_empty());
    home.leave().await;
}

#[tokio::test]
async fn a_collection_that_is_not_ours_is_not_taken_over() {
    let home = Home::unmigrated(None).await;
    home.beside.create_collection("authsome_users").await.unwrap();
    assert!(home.store.migrate(&[]).await.is_err());
    let names = home.beside.list_collection_names().await.unwrap();
    assert!(names.contains(&"authsome_users".to_owned()), "it is left alone");
    assert!(!names.contains(&"authsome_apps".to_owned()), "what came before it is undone");
    home.leave().await;
}

#[tokio::test]
async fn a_run_that_died_in_the_middle_is_made_good_by_the_next() {
    let home = Home::new(None).await;
    // As if the process had died before the row of the history, in the middle of the step.
    home.beside.collection::<Document>("authsome_migrations").delete_many(doc! {}).await.unwrap();
    home.beside.collection::<Document>("authsome_webhooks").drop().await.unwrap();
    home.beside.collection::<Document>("authsome_schema").delete_one(doc! {"_id": "authsome_teams"}).await.unwrap();
    home.beside.collection::<Document>("authsome_users").drop_index("authsome_users_email_key").await.unwrap();
    assert!(!home.store.migrate(&[]).await.unwrap().applied.is_empty());
    let groups = [authsome_core::registry::migrations()];
    let migrator = Migrator::new(&home.store, &groups, &CLOCK).unwrap();
    assert_eq!(migrator.verify().await.unwrap(), []);
    home.leave().await;
}
