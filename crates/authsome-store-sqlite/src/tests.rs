//! The plans that SQLite makes for the statements of requests: an index serves each of them, whatever the table holds.

use std::sync::Mutex;

use async_trait::async_trait;
use authsome_core::authenticator;
use authsome_core::clock::SystemClock;
use authsome_core::device::Device;
use authsome_core::entity::{Entity, Find, Page};
use authsome_core::error::StoreError;
use authsome_core::id::{AppId, DeviceId, EnvironmentId, SessionId, TypedId, UserId};
use authsome_core::records::{
    CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};
use authsome_core::scope::Scope;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::user::{User, UserQuery, UserStore};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::SqliteStore;

/// Keeps the statements of requests instead of running them.
struct Recorder<'s> {
    store: &'s SqliteStore,
    statements: Mutex<Vec<Statement>>,
}

impl Recorder<'_> {
    fn keep(&self, statement: Statement) {
        self.statements.lock().unwrap().push(statement);
    }
}

#[async_trait]
impl Records for Recorder<'_> {
    async fn insert(&self, _: InsertRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.keep(self.store.sql().find_statement(&request));
        Ok(Vec::new())
    }

    async fn count(&self, _: CountRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.keep(self.store.sql().update_statement(&request));
        Ok(None)
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.keep(self.store.sql().update_statement(&request));
        Ok(0)
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        Ok(request.row().clone())
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.keep(self.store.sql().delete_statement(&request));
        Ok(0)
    }
}

fn scope() -> Scope {
    Scope { app_id: AppId::from_ulid(1_u128.into()), env_id: EnvironmentId::from_ulid(2_u128.into()) }
}

/// What `EXPLAIN QUERY PLAN` says of the last statement that `run` makes.
async fn plan<T>(store: &SqliteStore, run: impl AsyncFnOnce(&Recorder<'_>) -> T) -> Vec<String> {
    plans(store, run).await.pop().unwrap()
}

/// What it says of each of them.
async fn plans<T>(store: &SqliteStore, run: impl AsyncFnOnce(&Recorder<'_>) -> T) -> Vec<Vec<String>> {
    let recorder = Recorder { store, statements: Mutex::default() };
    run(&recorder).await;
    let mut plans = Vec::new();
    for statement in recorder.statements.into_inner().unwrap() {
        let values = statement.values.unwrap().0;
        let explain =
            Statement::from_sql_and_values(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {}", statement.sql), values);
        let rows = store.connection().query_all_raw(explain).await.unwrap();
        plans.push(rows.iter().map(|row| row.try_get_by("detail").unwrap()).collect());
    }
    plans
}

async fn find_plan<E: Entity>(store: &SqliteStore, find: Find<E>) -> Vec<String> {
    plan(store, async |recorder| find.all(recorder).await.map(|_| ()).unwrap()).await
}

async fn store() -> SqliteStore {
    let store = SqliteStore::in_memory().await.unwrap();
    store.migrate(&[]).await.unwrap();
    store
}

#[tokio::test]
async fn a_session_is_found_by_one_index_and_nothing_is_sorted() {
    let store = store().await;
    let hash = Token::presented("token").hash();
    let plan = plan(&store, async |recorder| authenticator::resolve::<Session>(&hash, recorder).await.unwrap()).await;
    assert_eq!(plan, ["SEARCH authsome_sessions USING INDEX authsome_sessions_token_key (token_hash=?)"]);
}

#[tokio::test]
async fn a_list_walks_an_index_in_order_and_the_last_page_costs_what_the_first_does() {
    let store = store().await;
    let user = UserId::from_ulid(3_u128.into());
    let after = SessionId::from_ulid(4_u128.into());
    let device = DeviceId::from_ulid(5_u128.into());
    let all = find_plan(&store, Session::find(&scope()).filter(Session::ID.lt(after)).limit(50)).await;
    assert_eq!(all, ["SEARCH authsome_sessions USING PRIMARY KEY (app_id=? AND env_id=? AND id<?)"]);
    let by_user = Session::find(&scope()).filter(Session::USER_ID.eq(user)).filter(Session::ID.lt(after)).limit(50);
    let by_user = find_plan(&store, by_user).await;
    let expected = "SEARCH authsome_sessions USING INDEX authsome_sessions_user_idx \
                    (app_id=? AND env_id=? AND user_id=? AND id<?)";
    assert_eq!(by_user, [expected]);
    // The id is no column of this index, and yet the list comes in its order.
    let by_device = Session::find(&scope()).filter(Session::DEVICE_ID.eq(device)).filter(Session::ID.lt(after));
    let by_device = find_plan(&store, by_device.limit(50)).await;
    let expected = "SEARCH authsome_sessions USING INDEX authsome_sessions_device_idx \
                    (app_id=? AND env_id=? AND device_id=? AND id<?)";
    assert_eq!(by_device, [expected]);
    let oldest = Device::find(&scope()).order_by(Device::ID, Direction::Ascending).limit(50);
    let oldest = find_plan(&store, oldest).await;
    assert_eq!(oldest, ["SEARCH authsome_devices USING PRIMARY KEY (app_id=? AND env_id=?)"]);
}

#[tokio::test]
async fn a_name_is_found_by_its_index_with_a_condition() {
    let store = store().await;
    let by_email = User::find(&scope()).filter(User::EMAIL_KEY.eq("a@example.com")).filter(User::DELETED_AT.is_null());
    let plan = find_plan(&store, by_email.limit(1)).await;
    let expected = "SEARCH authsome_users USING INDEX authsome_users_email_key (app_id=? AND env_id=? AND email_key=?)";
    assert_eq!(plan.first().map(String::as_str), Some(expected));
}

#[tokio::test]
async fn a_search_by_the_beginning_of_a_name_walks_an_index_of_each_name_in_its_order() {
    let store = store().await;
    let query = UserQuery { prefix: Some("a".to_owned()), ..UserQuery::default() };
    let plans =
        plans(&store, async |recorder| recorder.list_users(&scope(), &query, Page::first(50)).await.unwrap()).await;
    let expected = ["email_key", "username_key", "phone"].map(|column| {
        let index = if column == "phone" { "authsome_users_phone_key" } else { &format!("authsome_users_{column}") };
        let key = format!("app_id=? AND env_id=? AND {column}>? AND {column}<?");
        vec![format!("SEARCH authsome_users USING INDEX {index} ({key})")]
    });
    // Rows are fetched by the primary key where the index leaves a column open; nothing is sorted.
    let walked: Vec<Vec<String>> = plans.into_iter().map(|plan| plan.into_iter().take(1).collect()).collect();
    assert_eq!(walked, expected);
}

#[tokio::test]
async fn a_row_is_changed_and_deleted_by_its_key_alone() {
    let store = store().await;
    let id = SessionId::from_ulid(4_u128.into());
    let key = "SEARCH authsome_sessions USING PRIMARY KEY (app_id=? AND env_id=? AND id=?)";
    let update = Session::update(&scope()).filter(Session::ID.eq(id)).set(Session::LAST_SEEN_AT, Timestamp::EPOCH);
    let update = plan(&store, async |recorder| update.one(recorder).await.unwrap()).await;
    assert_eq!(update, [key]);
    let delete = Session::delete(&scope());
    let delete = plan(&store, async |recorder| delete.by_id(&id, recorder).await.unwrap_err()).await;
    assert_eq!(delete.first().map(String::as_str), Some(key));
    assert!(!delete.iter().any(|line| line.contains("SCAN")), "{delete:?}");
}

#[tokio::test]
async fn what_expired_is_deleted_in_batches_by_an_index() {
    let store = store().await;
    let plan = plan(&store, async |recorder| {
        authenticator::delete_expired::<Session>(Timestamp::EPOCH, 100, recorder).await.unwrap()
    });
    let plan = plan.await;
    let chosen = "SEARCH authsome_sessions USING COVERING INDEX authsome_sessions_ends_idx (refresh_expires_at<?)";
    assert!(plan.iter().any(|line| line == chosen), "{plan:?}");
    assert!(!plan.iter().any(|line| line.contains("SCAN")), "{plan:?}");
}

#[tokio::test]
async fn every_connection_plans_alike_also_after_the_file_was_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let device = DeviceId::from_ulid(5_u128.into());
    let by_device = || Session::find(&scope()).filter(Session::DEVICE_ID.eq(device)).limit(50);
    let first = SqliteStore::builder(&url).clock(std::sync::Arc::new(SystemClock)).connect().await.unwrap();
    first.migrate(&[]).await.unwrap();
    let planned = find_plan(&first, by_device()).await;
    assert!(planned.iter().all(|line| line.contains("authsome_sessions_device_idx")), "{planned:?}");
    first.close().await.unwrap();
    let again = SqliteStore::connect(&url).await.unwrap();
    assert_eq!(find_plan(&again, by_device()).await, planned);
}
