//! How MongoDB is reached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::clock::{Clock, SystemClock};
use authsome_core::error::StoreError;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ReadConcern};
use mongodb::{Client, Database};

use crate::backend::MongoStore;
use crate::concern::{durable, primary};
use crate::error::{Refusal, store_error};
use crate::shared::Shared;

/// The default database, if a URL names none.
const DATABASE: &str = "authsome";
const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);

/// How it is reached.
impl MongoStore {
    /// Connects to the replica set of a URL like `mongodb://host:27017/database?replicaSet=rs0`. Without one in the
    /// URL, the database is `authsome`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the URL is not one of MongoDB, or the server is not part of a replica set;
    /// [`StoreError::Unavailable`] if it cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// The same with settings.
    #[must_use]
    pub fn builder(url: &str) -> MongoBuilder {
        MongoBuilder::new(url)
    }

    /// A store on a client that the program has already. [`close`](authsome_core::store::Store::close) leaves its
    /// connections alone. Reads and writes are as strict as of any other store, whatever the client's settings; its
    /// timeouts apply.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_client(client: Client, database: &str) -> Result<Self, StoreError> {
        let (operation, migration) = (DEFAULT_OPERATION_TIMEOUT, DEFAULT_MIGRATION_TIMEOUT);
        opened(Shared::new(&client, database, operation, migration, Arc::new(SystemClock), false)).await
    }
}

/// How a [`MongoStore`] is opened.
#[derive(Clone)]
pub struct MongoBuilder {
    url: String,
    max_connections: u32,
    min_connections: u32,
    server_selection_timeout: Duration,
    operation_timeout: Duration,
    migration_timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// Leaves the URL out.
impl fmt::Debug for MongoBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoBuilder")
            .field("max_connections", &self.max_connections)
            .field("min_connections", &self.min_connections)
            .field("server_selection_timeout", &self.server_selection_timeout)
            .field("operation_timeout", &self.operation_timeout)
            .field("migration_timeout", &self.migration_timeout)
            .finish_non_exhaustive()
    }
}

impl MongoBuilder {
    /// A store of this URL with the defaults.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 64,
            min_connections: 0,
            server_selection_timeout: Duration::from_secs(5),
            operation_timeout: DEFAULT_OPERATION_TIMEOUT,
            migration_timeout: DEFAULT_MIGRATION_TIMEOUT,
            clock: Arc::new(SystemClock),
        }
    }

    /// The most connections to each server, at least 1. Default: 64.
    #[must_use]
    pub fn max_connections(mut self, max_connections: u32) -> Self {
        self.max_connections = max_connections.max(1);
        self
    }

    /// How many connections stay open without work. Default: 0.
    #[must_use]
    pub const fn min_connections(mut self, min_connections: u32) -> Self {
        self.min_connections = min_connections;
        self
    }

    /// How long to wait for a primary, and for a connection to it. Default: 5 seconds, which an election fits into.
    #[must_use]
    pub const fn server_selection_timeout(mut self, server_selection_timeout: Duration) -> Self {
        self.server_selection_timeout = server_selection_timeout;
        self
    }

    /// How long a verb may take, with its repetitions. The outcome of a longer write is unknown. Default: 30
    /// seconds.
    #[must_use]
    pub const fn operation_timeout(mut self, operation_timeout: Duration) -> Self {
        self.operation_timeout = operation_timeout;
        self
    }

    /// How long a migration waits for one in another process. Default: 60 seconds.
    #[must_use]
    pub const fn migration_timeout(mut self, migration_timeout: Duration) -> Self {
        self.migration_timeout = migration_timeout;
        self
    }

    /// What dates migrations. Default: the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the store. What the URL says of write concern, read concern, read preference and retries is overruled.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the URL is not one of MongoDB, or the server is not part of a replica set;
    /// [`StoreError::Unavailable`] if it cannot be reached.
    pub async fn connect(self) -> Result<MongoStore, StoreError> {
        let options = self.options().await?;
        let database = options.default_database.clone().unwrap_or_else(|| DATABASE.to_owned());
        let client = Client::with_options(options).map_err(|_| invalid_url("the driver refuses its options"))?;
        let Self { operation_timeout, migration_timeout, clock, .. } = self;
        opened(Shared::new(&client, &database, operation_timeout, migration_timeout, clock, true)).await
    }

    async fn options(&self) -> Result<ClientOptions, StoreError> {
        let is_mongodb = ["mongodb://", "mongodb+srv://"].iter().any(|scheme| self.url.starts_with(scheme));
        if !is_mongodb {
            return Err(invalid_url("it begins with `mongodb://` or `mongodb+srv://`"));
        }
        // The driver quotes parts of a URL that it cannot read.
        let parsed = tokio::time::timeout(self.server_selection_timeout, ClientOptions::parse(&self.url)).await;
        let mut options = parsed.map_err(|_| Refusal::TooLate)?.map_err(|error| match &*error.kind {
            mongodb::error::ErrorKind::DnsResolve { .. } => store_error(&error),
            _ => invalid_url("it cannot be read"),
        })?;
        if options.direct_connection == Some(true) {
            return Err(invalid_url("it names the replica set: `?replicaSet=rs0`, without `directConnection`"));
        }
        options.max_pool_size = Some(self.max_connections);
        options.min_pool_size = Some(self.min_connections);
        options.server_selection_timeout = Some(self.server_selection_timeout);
        options.connect_timeout = Some(self.server_selection_timeout);
        options.write_concern = Some(durable());
        options.read_concern = Some(ReadConcern::majority());
        options.selection_criteria = Some(primary());
        options.retry_reads = Some(true);
        options.retry_writes = Some(true);
        options.app_name.get_or_insert_with(|| "authsome".to_owned());
        Ok(options)
    }
}

fn invalid_url(why: &'static str) -> StoreError {
    StoreError::Invalid { what: "the database URL".to_owned(), why }
}

async fn opened(shared: Shared) -> Result<MongoStore, StoreError> {
    check_server(&shared.database).await?;
    Ok(MongoStore::new(shared))
}

/// Refuses a server that has no transactions.
async fn check_server(database: &Database) -> Result<(), StoreError> {
    let hello = database.run_command(doc! {"hello": 1}).selection_criteria(primary()).await;
    let hello = hello.map_err(|error| store_error(&error))?;
    if has_transactions(&hello) {
        return Ok(());
    }
    Err(StoreError::Invalid {
        what: "the MongoDB server".to_owned(),
        why: "it stands alone, and transactions need a replica set: start mongod with `--replSet rs0`, run \
              `rs.initiate()` once in mongosh, and connect with `?replicaSet=rs0`",
    })
}

/// Whether a server that says this of itself belongs to a replica set, or leads to some.
fn has_transactions(hello: &Document) -> bool {
    hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|message| message == "isdbgrid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_stands_alone_has_no_transactions() {
        assert!(!has_transactions(&doc! {"isWritablePrimary": true, "ok": 1.0}));
        assert!(has_transactions(&doc! {"isWritablePrimary": true, "setName": "rs0"}));
        assert!(has_transactions(&doc! {"isWritablePrimary": true, "msg": "isdbgrid"}));
    }

    #[tokio::test]
    async fn the_url_weakens_nothing() {
        let weak =
            "w=0&journal=false&readConcernLevel=local&readPreference=secondary&retryWrites=false&retryReads=false";
        let options = MongoBuilder::new(format!("mongodb://localhost/?{weak}")).options().await.unwrap();
        assert_eq!(options.write_concern, Some(durable()));
        assert_eq!(options.read_concern, Some(ReadConcern::majority()));
        assert_eq!(options.selection_criteria, Some(primary()));
        assert_eq!((options.retry_writes, options.retry_reads), (Some(true), Some(true)));
    }
}
