//! URLs, servers that cannot be used, and what is said of them.

use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::store::Store;
use authsome_store_mongo::MongoStore;

use crate::fixture::{Home, url};

fn shown(error: &StoreError) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        shown.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    shown
}

#[tokio::test]
async fn what_is_no_url_of_mongodb_is_invalid_and_not_quoted() {
    for url in [
        "",
        "postgres://user:hunter2@localhost/db",
        "mongodb://user:hunter2@",
        "mongodb://user:hunter2@localhost:port",
        "mongodb://user:hun%ter2@localhost",
        "mongodb://user:hunter2@localhost/?w=hunter2&retryWrites=hunter2",
        "mongodb://user:hunter2@localhost/?authMechanism=hunter2",
    ] {
        let error = MongoStore::connect(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{url}: {error:?}");
        assert!(!shown(&error).contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable_within_the_time_and_its_password_is_not_shown() {
    let builder = MongoStore::builder("mongodb://user:hunter2@127.0.0.1:1/?replicaSet=rs0");
    let builder = builder.server_selection_timeout(Duration::from_millis(300));
    assert!(!format!("{builder:?}").contains("hunter2"));
    let connecting = tokio::time::timeout(Duration::from_secs(5), builder.connect());
    let error = connecting.await.expect("it does not wait for longer").unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(!shown(&error).contains("hunter2"), "{}", shown(&error));
}

#[tokio::test]
async fn a_store_shows_its_database_alone() {
    let home = Home::unmigrated(None).await;
    assert_eq!(format!("{:?}", home.store), format!("MongoStore {{ database: {:?}, .. }}", home.app_name));
}

#[tokio::test]
async fn the_url_names_the_database_and_cannot_weaken_what_is_waited_for() {
    let (hosts, query) = url().split_once('?').map(|(hosts, query)| (hosts.to_owned(), query.to_owned())).unwrap();
    let hosts = hosts.trim_end_matches('/');
    let query: Vec<&str> = query.split('&').filter(|part| part.starts_with("replicaSet")).collect();
    let query = query.join("&");
    let weak = "w=0&journal=false&readConcernLevel=local&readPreference=secondary&retryWrites=false";
    let store = MongoStore::connect(&format!("{hosts}/elsewhere?{query}&{weak}")).await.unwrap();
    assert_eq!(store.database().name(), "elsewhere");
    let concern = store.database().write_concern().unwrap();
    assert_eq!(concern.w, Some(mongodb::options::Acknowledgment::Majority));
    assert_eq!(concern.journal, Some(true));
    assert_eq!(store.database().read_concern(), Some(&mongodb::options::ReadConcern::majority()));
    store.close().await.unwrap();
    let store = MongoStore::connect(&format!("{hosts}/?{query}")).await.unwrap();
    assert_eq!(store.database().name(), "authsome");
    store.ping().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_connection_to_one_member_alone_is_refused() {
    for url in ["mongodb://127.0.0.1:1/?directConnection=true", &format!("{}&directConnection=true", url())] {
        let error = MongoStore::connect(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{error:?}");
    }
}
