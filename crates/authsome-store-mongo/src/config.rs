//! How MongoDB is reached.

use authsome_core::error::StoreError;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ReadConcern};
use mongodb::{Client, Database};

use crate::backend::MongoStore;
use crate::concern::{durable, primary};
use crate::error::{Refusal, store_error};
use crate::settings::MongoBuilder;
use crate::shared::Shared;

/// The default database, if a URL names none.
const DATABASE: &str = "authsome";

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
        MongoBuilder::new("").open(&client, database, false).await
    }
}

impl MongoBuilder {
    /// Opens the store. What the URL says of write concern, read concern, read preference and retries is overruled.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the URL is not one of MongoDB, or the server is not part of a replica set;
    /// [`StoreError::Unavailable`] if it cannot be reached.
    pub async fn connect(self) -> Result<MongoStore, StoreError> {
        let options = self.options().await?;
        let database = options.default_database.clone().unwrap_or_else(|| DATABASE.to_owned());
        let client = Client::with_options(options).map_err(|_| invalid_url("the driver refuses its options"))?;
        self.open(&client, &database, true).await
    }

    /// A store on a client, which ends with the store if that owns it.
    async fn open(self, client: &Client, database: &str, owns_client: bool) -> Result<MongoStore, StoreError> {
        // The store has no use for the URL, which may hold a password.
        let settings = Self { url: String::new(), ..self };
        let shared = Shared::new(client, database, settings, owns_client);
        check_server(&shared.database).await?;
        Ok(MongoStore::new(shared))
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
