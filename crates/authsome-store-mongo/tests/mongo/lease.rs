//! The lease of a migration.

use std::time::Duration;

use authsome_core::clock::SystemClock;
use authsome_core::migration::{Dialect, Operation, RunBy, Step};
use authsome_core::schema::Schema;
use authsome_core::store::Store;
use authsome_migrate::Migrator;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};

use crate::fixture::{Home, create, step, table, watching};

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
    let step = step(groups[0].migrations[0].up.clone());
    assert!(!plan.plan().await.unwrap().is_empty());
    let mut session = home.store.migrations().begin().await.unwrap();
    take_away(&home, DateTime::MAX).await;
    let run = RunBy { program: "test", clock: &CLOCK };
    assert!(session.apply(std::slice::from_ref(&step), &run).await.is_err());
    assert!(session.record(std::slice::from_ref(&step), &run).await.is_err());
    assert_eq!(home.documents("authsome_migrations").await, 0);
    assert_eq!(home.documents("authsome_schema").await, 0);
    assert!(!home.beside.list_collection_names().await.unwrap().contains(&"authsome_apps".to_owned()));
    drop(session);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let kept = home.beside.collection::<Document>(LOCK).find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(kept.get_datetime("expires_at").unwrap(), &DateTime::MAX, "another's lease is left alone");
    home.leave().await;
}

/// A statement that somebody else takes the lease with.
fn robbery() -> Operation {
    let update = doc! {"q": {"_id": "run"}, "u": {"$set": {"holder": "somebody else"}}};
    let command = doc! {"update": LOCK, "updates": [update], "writeConcern": {"w": "majority"}};
    let command = serde_json::to_string(&command).unwrap();
    Operation::Raw { statements: [(Dialect::new("mongodb"), command)].into() }
}

#[tokio::test]
async fn a_holder_that_loses_its_lease_in_the_middle_neither_goes_on_nor_writes_the_catalogue() {
    let home = Home::unmigrated(None).await;
    let mut session = home.store.migrations().begin().await.unwrap();
    let step = step(vec![create("test_first"), robbery(), create("test_second")]);
    let run = RunBy { program: "test", clock: &CLOCK };
    assert!(session.apply(std::slice::from_ref(&step), &run).await.is_err());
    let names = home.beside.list_collection_names().await.unwrap();
    assert!(names.contains(&"test_first".to_owned()), "undoing it is not its part any more");
    assert!(!names.contains(&"test_second".to_owned()));
    assert_eq!(home.documents("authsome_schema").await, 0);
    assert_eq!(home.documents("authsome_migrations").await, 0);
    home.leave().await;
}

#[tokio::test]
async fn the_catalogue_is_not_written_by_who_loses_the_lease_with_the_last_command() {
    let home = Home::unmigrated(None).await;
    let mut session = home.store.migrations().begin().await.unwrap();
    let step = step(vec![create("test_first"), robbery()]);
    let run = RunBy { program: "test", clock: &CLOCK };
    assert!(session.apply(std::slice::from_ref(&step), &run).await.is_err());
    assert_eq!(home.documents("authsome_schema").await, 0);
    assert_eq!(home.documents("authsome_migrations").await, 0);
    home.leave().await;
}

#[tokio::test]
async fn the_lease_is_looked_at_before_each_command_of_an_operation() {
    let (seen, handler) = watching();
    let home = Home::unmigrated(Some(handler)).await;
    let mut session = home.store.migrations().begin().await.unwrap();
    let held_up = doc! {"failCommands": ["create"], "blockConnection": true, "blockTimeMS": 2_000};
    home.fail(1, held_up).await;
    seen.lock().unwrap().clear();
    let robbery = async {
        while !seen.lock().unwrap().iter().any(|command| command.contains_key("create")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        take_away(&home, DateTime::MAX).await;
    };
    let step = step(vec![create("test_first")]);
    let run = RunBy { program: "test", clock: &CLOCK };
    let (applied, ()) = tokio::join!(session.apply(std::slice::from_ref(&step), &run), robbery);
    assert!(applied.is_err());
    let indexes = home.beside.collection::<Document>("test_first").list_index_names().await.unwrap();
    assert_eq!(indexes, ["_id_"]);
    home.leave().await;
}

#[tokio::test]
async fn a_step_that_fails_is_undone_with_its_row_and_its_tables_in_the_catalogue() {
    let home = Home::unmigrated(None).await;
    home.beside.create_collection("test_second").await.unwrap();
    let mut session = home.store.migrations().begin().await.unwrap();
    let first = step(vec![create("test_first")]);
    let before = Schema { tables: [("test_first".to_owned(), table("test_first"))].into() };
    let second = Step { version: 2, before, ..step(vec![create("test_third"), create("test_second")]) };
    let run = RunBy { program: "test", clock: &CLOCK };
    assert!(session.apply(&[first, second], &run).await.is_err());
    let mut names = home.beside.list_collection_names().await.unwrap();
    names.retain(|name| name.starts_with("test_"));
    assert_eq!(names, ["test_second"], "what was there is left alone, and all else is gone");
    assert_eq!(home.documents("authsome_schema").await, 0);
    assert_eq!(home.documents("authsome_migrations").await, 0);
    home.leave().await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_a_collection_that_was_there_already() {
    let home = Home::unmigrated(None).await;
    let run = RunBy { program: "test", clock: &CLOCK };
    let mut session = home.store.migrations().begin().await.unwrap();
    session.apply(&[step(vec![create("test_first")])], &run).await.unwrap();
    // As after a run that died before it wrote its row.
    home.beside.collection::<Document>("authsome_migrations").delete_many(doc! {}).await.unwrap();
    home.beside.collection::<Document>("test_first").insert_one(doc! {"id": "row"}).await.unwrap();
    home.beside.create_collection("test_second").await.unwrap();
    let failing = step(vec![create("test_first"), create("test_second")]);
    assert!(session.apply(&[failing], &run).await.is_err());
    assert_eq!(home.documents("test_first").await, 1);
    home.leave().await;
}

#[tokio::test]
async fn a_session_that_is_dropped_frees_the_lease_before_it_ends() {
    let home = Home::unmigrated(None).await;
    drop(home.store.migrations().begin().await.unwrap());
    let locks = home.beside.collection::<Document>(LOCK);
    // A lease that only ends keeps its holder.
    let free = async {
        while locks.find_one(doc! {"_id": "run", "holder": null}).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), free).await.expect("nobody holds it");
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
