//! [`DatabaseServer`]: a server that many tests have databases on, spoken to without Authsome.

use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::time::Duration;

use futures::TryStreamExt;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

/// The variable that names the PostgreSQL server.
pub const POSTGRES_VARIABLE: &str = "AUTHSOME_TEST_POSTGRES_URL";
/// The variable that names the MongoDB replica set.
pub const MONGODB_VARIABLE: &str = "AUTHSOME_TEST_MONGODB_URL";

/// A server that databases can be made on.
#[derive(Clone, Debug)]
pub enum DatabaseServer {
    /// PostgreSQL, by its URL.
    Postgres(String),
    /// MongoDB, by its URL.
    Mongodb(String),
}

/// Every table that is not PostgreSQL's own.
const TABLES: &str = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables \
                      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";

impl DatabaseServer {
    /// The PostgreSQL server that the tests are given.
    ///
    /// # Panics
    /// None is named.
    #[must_use]
    pub fn postgres() -> Self {
        Self::Postgres(given(POSTGRES_VARIABLE))
    }

    /// The MongoDB replica set that the tests are given.
    ///
    /// # Panics
    /// None is named.
    #[must_use]
    pub fn mongodb() -> Self {
        Self::Mongodb(given(MONGODB_VARIABLE))
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let (Self::Postgres(server) | Self::Mongodb(server)) = self;
        let (scheme, rest) = server.split_once("://").expect("a URL has a scheme");
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = rest.split('/').next().unwrap_or(rest);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{scheme}://{authority}/{database}{mark}{query}")
    }

    /// The URL of one of its databases for programs, whose transactions [`Self::remove`] then ends.
    #[must_use]
    pub fn url_for_programs(&self, database: &str) -> String {
        let url = self.url_of(database);
        match self {
            Self::Postgres(_) => url,
            Self::Mongodb(_) => format!("{url}{}appName={database}", if url.contains('?') { '&' } else { '?' }),
        }
    }

    /// Makes an empty database.
    pub fn make(&self, database: &str) {
        match self {
            Self::Postgres(url) => postgres(url, async |server| {
                execute(&server, &format!("CREATE DATABASE \"{database}\"")).await;
            }),
            // It is there with the first collection.
            Self::Mongodb(_) => {}
        }
    }

    /// Removes a database, whoever still uses it.
    pub fn remove(&self, database: &str) {
        match self {
            Self::Postgres(url) => postgres(url, async |server| {
                execute(&server, &format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)")).await;
            }),
            Self::Mongodb(url) => mongodb(url, async |client| {
                let removable = client.database(database);
                let mut removed = pin!(removable.drop().into_future());
                let removed = loop {
                    end_transactions(&client, database).await;
                    if let Ok(removed) = tokio::time::timeout(Duration::from_millis(500), &mut removed).await {
                        break removed;
                    }
                };
                removed.expect("the database can be removed");
            }),
        }
    }

    /// Everything that a database holds, as bytes: each table by its name, with every column of every row as text; each
    /// collection by its name, with its documents as they are stored.
    #[must_use]
    pub fn contents(&self, database: &str) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Postgres(_) => postgres(&self.url_of(database), async |server| {
                let mut contents = Vec::new();
                for table in texts(&server, TABLES).await {
                    let rows = texts(&server, &format!("SELECT stored::text FROM {table} AS stored")).await;
                    contents.push((table, rows.join("\n").into_bytes()));
                }
                contents
            }),
            Self::Mongodb(url) => mongodb(url, async |client| {
                let database = client.database(database);
                let mut contents = Vec::new();
                for name in database.list_collection_names().await.expect("collections can be listed") {
                    let documents = database.collection::<RawDocumentBuf>(&name).find(doc! {}).await;
                    let documents: Vec<RawDocumentBuf> =
                        documents.expect("a collection can be read").try_collect().await.expect("it can be read");
                    let bytes = documents.iter().flat_map(|document| document.as_bytes().iter().copied()).collect();
                    contents.push((name, bytes));
                }
                contents
            }),
        }
    }

    /// Whether a command on PostgreSQL waits for another one's lock.
    ///
    /// # Panics
    /// It is MongoDB, where none does.
    #[must_use]
    pub fn has_waiting_locks(&self) -> bool {
        let Self::Postgres(url) = self else { panic!("only PostgreSQL's commands wait for locks") };
        postgres(url, async |server| {
            !texts(&server, "SELECT pid::text FROM pg_locks WHERE NOT granted").await.is_empty()
        })
    }

    /// Stores a text in a table of its own.
    pub fn plant(&self, database: &str, text: &str) {
        match self {
            Self::Postgres(_) => postgres(&self.url_of(database), async |server| {
                execute(&server, "CREATE TABLE planted (number bigint, kept jsonb)").await;
                let literal = serde_json::json!({"deep": [text]}).to_string().replace('\'', "''");
                execute(&server, &format!("INSERT INTO planted VALUES (1, '{literal}')")).await;
            }),
            Self::Mongodb(url) => mongodb(url, async |client| {
                let planted = client.database(database).collection::<Document>("planted");
                planted.insert_one(doc! {"deep": [{"text": text}]}).await.expect("a document can be stored");
            }),
        }
    }
}

fn given(variable: &str) -> String {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    url.unwrap_or_else(|| {
        panic!("{variable} is not set: run `cargo xtask test`, or set what `cargo xtask servers up` prints")
    })
}

/// Does something in a runtime of its own, which a test that is no future has none of.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(work)
}

fn postgres<T>(url: &str, work: impl AsyncFnOnce(DatabaseConnection) -> T) -> T {
    block_on(async {
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let server = sea_orm::Database::connect(options).await.expect("PostgreSQL answers");
        let done = work(server.clone()).await;
        server.close().await.expect("a connection can be closed");
        done
    })
}

async fn execute(server: &DatabaseConnection, statement: &str) {
    server.execute_unprepared(statement).await.expect("PostgreSQL does it");
}

async fn texts(server: &DatabaseConnection, query: &str) -> Vec<String> {
    let statement = Statement::from_string(server.get_database_backend(), query);
    let rows = server.query_all_raw(statement).await.expect("PostgreSQL answers");
    rows.iter().map(|row| row.try_get_by_index(0).expect("the column is a text")).collect()
}

fn mongodb<T>(url: &str, work: impl AsyncFnOnce(mongodb::Client) -> T) -> T {
    block_on(async {
        let client = mongodb::Client::with_uri_str(url).await.expect("the URL is one of MongoDB");
        let done = work(client.clone()).await;
        client.shutdown().await;
        done
    })
}

/// Ends what the killed programs on a database had begun. Otherwise the server waits for a minute whether they go on.
async fn end_transactions(client: &mongodb::Client, program: &str) {
    let admin = client.database("admin");
    let sessions = doc! {"$currentOp": {"allUsers": true, "idleSessions": true}};
    let of_program = doc! {"$match": {"type": "idleSession", "appName": program}};
    let found = admin.aggregate([sessions, of_program]).await.expect("sessions can be listed");
    let found: Vec<Document> = found.try_collect().await.expect("sessions can be listed");
    let patterns: Vec<Document> =
        found.iter().filter_map(|session| session.get("lsid").map(|lsid| doc! {"lsid": lsid})).collect();
    if !patterns.is_empty() {
        let killed = admin.run_command(doc! {"killAllSessionsByPattern": patterns}).await;
        killed.expect("sessions can be ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_takes_the_place_of_the_one_in_the_url_and_the_rest_stays() {
        for (server, database) in [
            ("postgres://u:p@h:5432/postgres", "postgres://u:p@h:5432/x"),
            ("postgres://h", "postgres://h/x"),
            ("mongodb://a:1,b:2/?replicaSet=rs0&w=majority", "mongodb://a:1,b:2/x?replicaSet=rs0&w=majority"),
            ("mongodb://a:1?w=1", "mongodb://a:1/x?w=1"),
        ] {
            assert_eq!(DatabaseServer::Postgres(server.to_owned()).url_of("x"), database);
        }
    }

    #[test]
    fn programs_on_mongodb_are_known_by_their_database() {
        let url = |server: &str| DatabaseServer::Mongodb(server.to_owned()).url_for_programs("x");
        assert_eq!(url("mongodb://a:1?w=1"), "mongodb://a:1/x?w=1&appName=x");
        assert_eq!(url("mongodb://a:1"), "mongodb://a:1/x?appName=x");
    }
}
