//! Databases of their own on the test server, and rows.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::entropy::SeededEntropy;
use authsome_core::environment::Environment;
use authsome_core::id::TypedId;
use authsome_core::migration::{Operation, Step};
use authsome_core::schema::{ColumnDef, Schema, ScopeLevel, TableDef};
use authsome_core::scope::Scope;
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_core::value::{ColumnType, Value};
use authsome_store_mongo::MongoStore;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};

/// The replica set on which databases may be made.
pub(crate) fn url() -> String {
    let url = std::env::var("AUTHSOME_TEST_MONGODB_URL");
    url.expect("AUTHSOME_TEST_MONGODB_URL is not set: run `cargo xtask test` or `cargo xtask servers up`")
}

/// A store on a database of its own, which is dropped by [`Home::leave`].
pub(crate) struct Home {
    pub(crate) store: MongoStore,
    /// Another client, which injected faults do not meet.
    pub(crate) beside: Database,
    /// The name by which the server knows the store's connections.
    pub(crate) app_name: String,
}

impl Home {
    /// A database with core's tables. The handler sees the store's commands.
    pub(crate) async fn new(handler: Option<EventHandler<CommandEvent>>) -> Self {
        let home = Self::unmigrated(handler).await;
        home.store.migrate(&[]).await.unwrap();
        home
    }

    /// A database that nothing was done to.
    pub(crate) async fn unmigrated(handler: Option<EventHandler<CommandEvent>>) -> Self {
        let name = format!("authsome_own_{}", ObjectId::new());
        let mut options = ClientOptions::parse(url()).await.unwrap();
        options.app_name = Some(name.clone());
        options.command_event_handler = handler;
        // After a fault the driver waits until it has looked at the server again, for ten seconds unless told otherwise.
        options.heartbeat_freq = Some(Duration::from_millis(500));
        let store = MongoStore::from_client(Client::with_options(options).unwrap(), &name).await.unwrap();
        let beside = Client::with_uri_str(url()).await.unwrap().database(&name);
        Self { store, beside, app_name: name }
    }

    /// A store of another process on the same database.
    pub(crate) async fn another(&self) -> MongoStore {
        let client = Client::with_uri_str(url()).await.unwrap();
        MongoStore::from_client(client, self.beside.name()).await.unwrap()
    }

    pub(crate) async fn leave(self) {
        self.beside.drop().await.unwrap();
    }

    /// Has the server fail some of the store's commands.
    pub(crate) async fn fail(&self, times: i32, mut data: Document) {
        data.insert("appName", &self.app_name);
        let command = doc! {"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data};
        self.beside.client().database("admin").run_command(command).await.unwrap();
    }

    pub(crate) async fn documents(&self, table: &str) -> u64 {
        self.beside.collection::<Document>(table).count_documents(doc! {}).await.unwrap()
    }
}

pub(crate) fn id<I: TypedId>(number: u64) -> I {
    I::generate(Timestamp::EPOCH, &SeededEntropy::new(number)).unwrap()
}

/// A row of valid values, with those that are named; columns that may be null are.
pub(crate) fn row<E: Entity>(values: &[(&str, Value)]) -> E {
    let given: BTreeMap<&str, &Value> = values.iter().map(|(name, value)| (*name, value)).collect();
    let value = |column: &authsome_core::schema::ColumnDef| match given.get(column.name.as_str()) {
        Some(value) => (*value).clone(),
        None if column.nullable => Value::Null,
        None => match column.ty {
            ColumnType::Bool => Value::Bool(false),
            ColumnType::Int => Value::Int(0),
            ColumnType::Text => Value::Text(column.name.clone()),
            ColumnType::Bytes => Value::Bytes(vec![0; 32]),
            ColumnType::Time => Value::Time(Timestamp::EPOCH),
            ColumnType::Json => Value::Json(serde_json::json!({})),
        },
    };
    E::from_row(E::table().columns.iter().map(value).collect()).unwrap()
}

pub(crate) fn text(value: impl Display) -> Value {
    Value::Text(format!("{value}"))
}

/// An environment with its app in the store.
pub(crate) async fn settled(store: &MongoStore) -> Scope {
    let scope = Scope { app_id: id(1), env_id: id(2) };
    let app: App = row(&[("id", text(scope.app_id))]);
    app.insert((), store).await.unwrap();
    let environment: Environment = row(&[
        ("id", text(scope.env_id)),
        ("app_id", text(scope.app_id)),
        ("type", text("production")),
        ("color", text("#000000")),
    ]);
    environment.insert(&scope.app_id, store).await.unwrap();
    scope
}

/// A user of the environment.
pub(crate) fn user(scope: &Scope, number: u64) -> User {
    row(&[
        ("id", text(id::<authsome_core::id::UserId>(100 + number))),
        ("app_id", text(scope.app_id)),
        ("env_id", text(scope.env_id)),
        ("email", text(format!("user{number}@example.com"))),
        ("email_key", text(format!("user{number}@example.com"))),
    ])
}

/// A step on an empty database.
pub(crate) fn step(operations: Vec<Operation>) -> Step {
    Step {
        group: "plugin".to_owned(),
        version: 1,
        name: "create".to_owned(),
        checksum: "0".repeat(64),
        operations,
        before: Schema::default(),
    }
}

/// A table that has an id alone.
pub(crate) fn table(name: &str) -> TableDef {
    TableDef::new(name, ScopeLevel::Global, ColumnDef::new("id", ColumnType::Text))
}

/// The operation that makes it.
pub(crate) fn create(name: &str) -> Operation {
    Operation::CreateTable(table(name))
}

/// A place that collects commands.
pub(crate) type Seen = Arc<std::sync::Mutex<Vec<Document>>>;

/// A handler that keeps the commands which look for documents.
pub(crate) fn watching() -> (Seen, EventHandler<CommandEvent>) {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let handler = EventHandler::callback(move |event| {
        if let CommandEvent::Started(started) = event {
            kept.lock().unwrap().push(started.command);
        }
    });
    (seen, handler)
}
