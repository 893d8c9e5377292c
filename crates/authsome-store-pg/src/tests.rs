//! The plans that PostgreSQL makes for the statements of requests, on tables with many rows in one environment.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use authsome_core::authenticator;
use authsome_core::device::Device;
use authsome_core::entity::{Entity, Find};
use authsome_core::error::StoreError;
use authsome_core::id::{AppId, DeviceId, EnvironmentId, SessionId, TypedId, UserId};
use authsome_core::records::{
    CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};
use authsome_core::schema::{ColumnDef, TableDef};
use authsome_core::scope::Scope;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_core::value::ColumnType;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::PgStore;

/// Keeps the statements of requests instead of running them.
struct Recorder<'s> {
    store: &'s PgStore,
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

/// Rows of each table.
const ROWS: u32 = 20_000;
/// Rows that agree in a column that no unique index has.
const ROWS_ALIKE: u32 = 10;

/// A statement that fills a table: as many values as there are rows where a key needs them.
fn fill(table: &TableDef) -> String {
    let uniques = table.uniques();
    let is_unique = |column: &ColumnDef| uniques.iter().any(|index| index.columns.contains(&column.name));
    let scope = scope();
    let value = |column: &ColumnDef| {
        let number = if is_unique(column) { "n".to_owned() } else { format!("n / {ROWS_ALIKE}") };
        match (column.name.as_str(), column.ty) {
            ("app_id", _) => format!("'{}'", scope.app_id),
            ("env_id", _) => format!("'{}'", scope.env_id),
            (_, ColumnType::Bool | ColumnType::Time) if column.nullable => "NULL".to_owned(),
            (_, ColumnType::Bool) => "true".to_owned(),
            (_, ColumnType::Int) => number,
            (_, ColumnType::Text) => format!("lpad(({number})::text, 26, '0')"),
            (_, ColumnType::Bytes) => format!("sha256(({number})::text::bytea)"),
            (_, ColumnType::Time) => format!("to_timestamp({number})"),
            (_, ColumnType::Json) => "'{}'".to_owned(),
        }
    };
    let values: Vec<String> = table.columns.iter().map(value).collect();
    format!("INSERT INTO {} SELECT {} FROM generate_series(1, {ROWS}) AS n", table.name, values.join(", "))
}

/// A store whose tables lie in a schema of the test's own.
struct Explained {
    store: PgStore,
    schema: String,
}

impl Explained {
    async fn new() -> Self {
        let url = std::env::var("AUTHSOME_TEST_POSTGRES_URL")
            .expect("AUTHSOME_TEST_POSTGRES_URL is not set: run `cargo xtask test` or `cargo xtask servers up`");
        let server = PgStore::connect(&url).await.unwrap();
        let random = Statement::from_string(DbBackend::Postgres, "SELECT replace(gen_random_uuid()::text, '-', '')");
        let row = server.connection().query_one_raw(random).await.unwrap().unwrap();
        let schema = format!("authsome_plans_{}", row.try_get_by::<String, _>(0).unwrap());
        server.connection().execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
        let joint = if url.contains('?') { '&' } else { '?' };
        let store = PgStore::connect(&format!("{url}{joint}options=-c%20search_path%3D{schema}")).await.unwrap();
        store.migrate(&[]).await.unwrap();
        let tables = [Session::table(), User::table(), Device::table()];
        let fill: Vec<String> = tables.into_iter().map(fill).collect();
        let fill = format!("BEGIN; SET LOCAL session_replication_role = replica; {}; COMMIT", fill.join("; "));
        store.connection().execute_unprepared(&fill).await.unwrap();
        for table in tables {
            store.connection().execute_unprepared(&format!("ANALYZE {}", table.name)).await.unwrap();
        }
        Self { store, schema }
    }

    async fn gone(self) {
        self.store.connection().execute_unprepared(&format!("DROP SCHEMA {} CASCADE", self.schema)).await.unwrap();
    }

    /// What `EXPLAIN` says of the one statement that `run` makes.
    async fn plan<T>(&self, run: impl AsyncFnOnce(&Recorder<'_>) -> T) -> Vec<String> {
        let recorder = Recorder { store: &self.store, statements: Mutex::default() };
        run(&recorder).await;
        let statement = recorder.statements.into_inner().unwrap().pop().unwrap();
        let values = statement.values.unwrap().0;
        let explain = format!("EXPLAIN (COSTS OFF) {}", statement.sql);
        let explain = Statement::from_sql_and_values(DbBackend::Postgres, explain, values);
        let rows = self.store.connection().query_all_raw(explain).await.unwrap();
        rows.iter().map(|row| row.try_get_by::<String, _>(0).unwrap().trim().to_owned()).collect()
    }

    /// The indexes that serve a list.
    async fn served<E: Entity>(&self, find: Find<E>) -> BTreeSet<String> {
        served(&self.plan(async |recorder| find.all(recorder).await.map(|_| ()).unwrap()).await)
    }
}

/// The indexes that serve a plan; nothing may be read beside what they find.
fn served(plan: &[String]) -> BTreeSet<String> {
    assert!(!plan.iter().any(|line| line.contains("Seq Scan") || line.contains("Filter:")), "{plan:#?}");
    let named = |line: &String| {
        let (_, rest) = line.split_once("Scan using ").or_else(|| line.split_once("Scan Backward using "))?;
        rest.split(' ').next().map(str::to_owned)
    };
    plan.iter().filter_map(named).collect()
}

fn one(index: &str) -> BTreeSet<String> {
    BTreeSet::from([index.to_owned()])
}

#[tokio::test]
async fn an_index_serves_each_look_up_of_sessions_and_users() {
    let explained = Explained::new().await;
    let hash = Token::presented("token").hash();
    let plan = explained.plan(async |recorder| authenticator::resolve::<Session>(&hash, recorder).await.unwrap()).await;
    assert_eq!(served(&plan), one("authsome_sessions_token_key"));
    let (after, user) = (SessionId::from_ulid(4_u128.into()), UserId::from_ulid(3_u128.into()));
    let device = DeviceId::from_ulid(5_u128.into());
    let by_user = Session::find(&scope()).filter(Session::USER_ID.eq(user)).filter(Session::ID.lt(after)).limit(50);
    assert_eq!(explained.served(by_user).await, one("authsome_sessions_user_idx"));
    let by_device = Session::find(&scope()).filter(Session::DEVICE_ID.eq(device)).limit(50);
    assert_eq!(explained.served(by_device).await, one("authsome_sessions_device_idx"));
    let by_email = User::find(&scope()).filter(User::EMAIL_KEY.eq("a@example.com")).filter(User::DELETED_AT.is_null());
    assert_eq!(explained.served(by_email.limit(1)).await, one("authsome_users_email_key"));
    explained.gone().await;
}

#[tokio::test]
async fn a_page_walks_an_index_in_its_order() {
    let explained = Explained::new().await;
    let after = SessionId::from_ulid(4_u128.into());
    let newest = Session::find(&scope()).filter(Session::ID.lt(after)).limit(50);
    let newest = explained.plan(async |recorder| newest.all(recorder).await.unwrap()).await;
    let oldest = Device::find(&scope()).order_by(Device::ID, Direction::Ascending).limit(50);
    let oldest = explained.plan(async |recorder| oldest.all(recorder).await.unwrap()).await;
    for (plan, index) in [(newest, "authsome_sessions_pkey"), (oldest, "authsome_devices_pkey")] {
        assert_eq!(served(&plan), one(index));
        assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:#?}");
    }
    explained.gone().await;
}

#[tokio::test]
async fn an_index_serves_each_change_and_each_batch_of_deletions() {
    let explained = Explained::new().await;
    let id = SessionId::from_ulid(4_u128.into());
    let update = Session::update(&scope()).filter(Session::ID.eq(id)).set(Session::LAST_SEEN_AT, Timestamp::EPOCH);
    let update = explained.plan(async |recorder| update.one(recorder).await.unwrap()).await;
    assert_eq!(served(&update), one("authsome_sessions_pkey"));
    let delete = explained.plan(async |recorder| Session::delete(&scope()).by_id(&id, recorder).await.unwrap_err());
    assert_eq!(served(&delete.await), one("authsome_sessions_pkey"));
    let expired = explained.plan(async |recorder| {
        authenticator::delete_expired::<Session>(Timestamp::EPOCH, 100, recorder).await.unwrap()
    });
    let expired = served(&expired.await);
    let both = ["authsome_sessions_ends_idx", "authsome_sessions_pkey"].map(str::to_owned);
    assert_eq!(expired, BTreeSet::from(both));
    explained.gone().await;
}
