//! Connections that break and servers that fail in the middle: what was asked is done once, or not at all.

use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::error::{AbortReason, StoreError};
use authsome_core::id::AppId;
use authsome_core::store::Store;
use authsome_core::user::User;
use mongodb::bson::doc;

use crate::fixture::{Home, id, row, settled, text, user};

/// The server of the tests fails commands by the name of the client, so that tests meet no faults but their own. One that
/// is not used up would meet a later test.
async fn faulted(times: i32, data: mongodb::bson::Document) -> Result<u64, StoreError> {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    home.fail(times, data).await;
    let inserted = user(&scope, 1).insert(&scope, &home.store).await;
    let there = home.documents("authsome_users").await;
    home.leave().await;
    inserted.map(|()| there)
}

#[tokio::test]
async fn faults_leave_one_row_and_no_more() {
    let closed = |command| doc! {"failCommands": [command], "closeConnection": true};
    assert_eq!(faulted(1, closed("insert")).await.unwrap(), 1, "a connection that closes in a transaction");
    assert_eq!(faulted(1, closed("commitTransaction")).await.unwrap(), 1, "one that closes at the commit");
    assert_eq!(faulted(2, closed("commitTransaction")).await.unwrap(), 1, "and once more");
    let transient = doc! {"failCommands": ["insert"], "errorCode": 112, "errorLabels": ["TransientTransactionError"]};
    assert_eq!(faulted(5, transient).await.unwrap(), 1, "contention");
    let stepping_down = doc! {
        "failCommands": ["commitTransaction"],
        "writeConcernError": {"code": 91, "errmsg": "shutdown", "errorLabels": ["RetryableWriteError"]},
    };
    assert_eq!(faulted(1, stepping_down).await.unwrap(), 1, "a commit that was done and not acknowledged");

    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    user(&scope, 1).insert(&scope, &home.store).await.unwrap();
    home.fail(1, closed("findAndModify")).await;
    let update = User::update(&scope).filter(User::ID.eq(user(&scope, 1).id)).set(User::BANNED, true);
    assert!(update.one(&home.store).await.unwrap().unwrap().banned, "a write that is sent again");
    home.fail(1, closed("find")).await;
    assert_eq!(User::find(&scope).all(&home.store).await.unwrap().len(), 1, "a read that is sent again");
    home.leave().await;
}

#[tokio::test]
async fn a_fault_that_lasts_is_unavailable_and_leaves_nothing() {
    let not_primary = doc! {"failCommands": ["insert"], "errorCode": 10_107};
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    let tx = home.store.begin().await.unwrap();
    home.fail(1, not_primary).await;
    let refused = user(&scope, 1).insert(&scope, tx.as_ref()).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Unavailable { .. } | StoreError::Aborted { reason: AbortReason::Contention }
    ));
    let over = user(&scope, 1).insert(&scope, tx.as_ref()).await.unwrap_err();
    assert!(matches!(over, StoreError::Aborted { reason: AbortReason::Ended }), "{over:?}");
    drop(tx);
    assert_eq!(home.documents("authsome_users").await, 0);
    home.leave().await;
}

#[tokio::test]
async fn contention_in_a_transaction_ends_it() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    user(&scope, 1).insert(&scope, &home.store).await.unwrap();
    let (one, other) = (home.store.begin().await.unwrap(), home.store.begin().await.unwrap());
    let touch = || User::find(&scope).filter(User::ID.eq(user(&scope, 1).id));
    assert!(touch().touch(one.as_ref()).await.unwrap());
    let refused = touch().touch(other.as_ref()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Aborted { reason: AbortReason::Contention }), "{refused:?}");
    let over = touch().touch(other.as_ref()).await.unwrap_err();
    assert!(matches!(over, StoreError::Aborted { reason: AbortReason::Ended }), "{over:?}");
    one.commit().await.unwrap();
    home.leave().await;
}

#[tokio::test]
async fn an_environment_is_not_deleted_below_a_user_who_signs_up() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    let (sign_up, deletion) = (home.store.begin().await.unwrap(), home.store.begin().await.unwrap());
    // Both see a state without the other's write.
    assert_eq!(User::find(&scope).count(sign_up.as_ref()).await.unwrap(), 0);
    assert_eq!(User::find(&scope).count(deletion.as_ref()).await.unwrap(), 0);
    user(&scope, 1).insert(&scope, sign_up.as_ref()).await.unwrap();
    sign_up.commit().await.unwrap();
    let environment = authsome_core::environment::Environment::delete(&scope.app_id);
    let refused = environment.by_id(&scope.env_id, deletion.as_ref()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Aborted { reason: AbortReason::Contention }), "{refused:?}");
    home.leave().await;
}

#[tokio::test]
async fn users_who_sign_up_at_once_do_not_wait_for_each_other() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    let (one, other) = (home.store.begin().await.unwrap(), home.store.begin().await.unwrap());
    user(&scope, 1).insert(&scope, one.as_ref()).await.unwrap();
    user(&scope, 2).insert(&scope, other.as_ref()).await.unwrap();
    other.commit().await.unwrap();
    one.commit().await.unwrap();
    assert_eq!(home.documents("authsome_users").await, 2);
    home.leave().await;
}

#[tokio::test]
async fn an_insert_without_a_transaction_is_sent_again_and_done_once() {
    let home = Home::new(None).await;
    let app: App = row(&[("id", text(id::<AppId>(1)))]);
    app.insert((), &home.store).await.unwrap();
    let another = |number: u64| -> App {
        let unique = |name: &'static str| (name, text(format!("{name}{number}")));
        row(&[("id", text(id::<AppId>(number))), unique("slug"), unique("publishable_key")])
    };
    home.fail(1, doc! {"failCommands": ["insert"], "closeConnection": true}).await;
    another(2).insert((), &home.store).await.unwrap();
    assert_eq!(home.documents("authsome_apps").await, 2, "it was not done the first time");
    let error = doc! {"code": 91, "errmsg": "shutdown"};
    home.fail(1, doc! {"failCommands": ["insert"], "writeConcernError": error}).await;
    another(3).insert((), &home.store).await.unwrap();
    assert_eq!(home.documents("authsome_apps").await, 3, "it was done the first time");
    home.leave().await;
}

#[tokio::test]
async fn a_transaction_reads_the_state_at_its_begin() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    let tx = home.store.begin().await.unwrap();
    user(&scope, 1).insert(&scope, &home.store).await.unwrap();
    assert_eq!(User::find(&scope).count(tx.as_ref()).await.unwrap(), 0);
    // Its database is not removed before the transaction has ended.
    tx.rollback().await.unwrap();
    home.leave().await;
}
