//! Two processes on one database: one migrates while the other knows the tables already.

use authsome_core::app::App;
use authsome_core::clock::SystemClock;
use authsome_core::entity::Entity;
use authsome_core::error::{AbortReason, StoreError};
use authsome_core::store::Store;
use authsome_core::user::User;
use authsome_migrate::{DownTo, Migrator};
use authsome_store_mongo::MongoStore;
use mongodb::bson::Document;

use crate::fixture::{Home, id, row, settled, text, user, watching};

static CLOCK: SystemClock = SystemClock;

async fn down(store: &MongoStore) {
    let groups = [authsome_core::registry::migrations()];
    Migrator::new(store, &groups, &CLOCK).unwrap().down(&DownTo::Start).await.unwrap();
}

fn app(number: u64) -> App {
    let unique = |name: &'static str| (name, text(format!("{name}{number}")));
    row(&[("id", text(id::<authsome_core::id::AppId>(number))), unique("slug"), unique("publishable_key")])
}

async fn no_tables(home: &Home) -> bool {
    let names = home.beside.list_collection_names().await.unwrap();
    !names.iter().any(|name| ["authsome_apps", "authsome_users", "authsome_environments"].contains(&name.as_str()))
}

#[tokio::test]
async fn what_is_inserted_into_a_dropped_table_makes_no_collection() {
    let home = Home::new(None).await;
    let other = home.another().await;
    let scope = settled(&other).await;
    user(&scope, 1).insert(&scope, &other).await.unwrap();
    let tx = other.begin().await.unwrap();
    down(&home.store).await;
    let refused = user(&scope, 2).insert(&scope, tx.as_ref()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Aborted { reason: AbortReason::Contention }), "{refused:?}");
    let refused = app(7).insert((), &other).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
    let refused = user(&scope, 3).insert(&scope, &other).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
    assert!(no_tables(&home).await);
    home.leave().await;
}

#[tokio::test]
async fn a_table_that_was_made_anew_is_written_by_who_knew_the_old_one() {
    let home = Home::new(None).await;
    let other = home.another().await;
    app(1).insert((), &other).await.unwrap();
    down(&home.store).await;
    home.store.migrate(&[]).await.unwrap();
    app(2).insert((), &other).await.unwrap();
    let scope = settled(&home.store).await;
    let tx = other.begin().await.unwrap();
    user(&scope, 1).insert(&scope, tx.as_ref()).await.unwrap();
    tx.commit().await.unwrap();
    let groups = [authsome_core::registry::migrations()];
    assert_eq!(Migrator::new(&home.store, &groups, &CLOCK).unwrap().verify().await.unwrap(), []);
    assert_eq!(home.documents("authsome_apps").await, 2);
    home.leave().await;
}

#[tokio::test]
async fn a_collection_that_somebody_put_in_the_place_of_another_is_written() {
    let home = Home::new(None).await;
    app(1).insert((), &home.store).await.unwrap();
    home.beside.collection::<Document>("authsome_apps").drop().await.unwrap();
    home.beside.create_collection("authsome_apps").await.unwrap();
    app(2).insert((), &home.store).await.unwrap();
    assert_eq!(home.documents("authsome_apps").await, 1);
    home.leave().await;
}

#[tokio::test]
async fn a_transaction_sees_at_its_begin_that_a_table_is_gone() {
    let home = Home::new(None).await;
    let other = home.another().await;
    let scope = settled(&other).await;
    assert_eq!(User::find(&scope).count(&other).await.unwrap(), 0);
    down(&home.store).await;
    let tx = other.begin().await.unwrap();
    let refused = User::find(&scope).count(tx.as_ref()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backend { .. }), "{refused:?}");
    home.leave().await;
}

#[tokio::test]
async fn knowing_the_tables_costs_a_look_up_nothing_and_a_transaction_the_read_of_its_begin() {
    let (seen, handler) = watching();
    let home = Home::new(Some(handler)).await;
    let scope = settled(&home.store).await;
    user(&scope, 1).insert(&scope, &home.store).await.unwrap();
    app(4).insert((), &home.store).await.unwrap();
    let sent = || {
        let sent = std::mem::take(&mut *seen.lock().unwrap());
        sent.iter().filter_map(|command| command.keys().next().cloned()).collect::<Vec<_>>()
    };
    sent();
    User::find(&scope).filter(User::ID.eq(user(&scope, 1).id)).one(&home.store).await.unwrap();
    assert_eq!(sent(), ["find"]);
    app(5).insert((), &home.store).await.unwrap();
    assert_eq!(sent(), ["insert"]);
    let tx = home.store.begin().await.unwrap();
    app(6).insert((), tx.as_ref()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sent(), ["find", "insert", "commitTransaction"]);
    home.leave().await;
}

#[tokio::test]
async fn what_a_batch_costs_does_not_grow_with_its_rows() {
    let (seen, handler) = watching();
    let home = Home::new(Some(handler)).await;
    let scope = settled(&home.store).await;
    let mut sent = Vec::new();
    for numbers in [0..1, 1..11, 11..211] {
        let users: Vec<User> = numbers.map(|number| user(&scope, number)).collect();
        seen.lock().unwrap().clear();
        User::insert_all(&users, &scope, &home.store).await.unwrap();
        sent.push(seen.lock().unwrap().len());
    }
    // The first reads the catalogue too.
    assert_eq!(sent[1], sent[2], "{sent:?}");
    home.leave().await;
}
