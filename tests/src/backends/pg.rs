//! PostgreSQL databases on the server that the environment names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use authsome_conformance::{Backend, Database, prepare};
use authsome_core::error::Cause;
use authsome_core::store::Store;
use authsome_store_pg::PgStore;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::runtime::Builder;
use tokio::sync::OnceCell;

/// The environment variable with the URL of a server on which databases may be made.
pub const POSTGRES_VARIABLE: &str = "AUTHSOME_TEST_POSTGRES_URL";

/// The tables that a prepared database has, all but the history of migrations.
const TABLES: &str = "SELECT coalesce(string_agg(tablename, ',' ORDER BY tablename), '') FROM pg_tables \
    WHERE schemaname = 'public' AND tablename <> 'authsome_migrations'";

/// PostgreSQL databases, dropped after use. To make one takes far longer than most cases, so a prepared one that was
/// used is emptied and prepared again.
#[derive(Debug, Default)]
pub struct PgBackend {
    server: OnceCell<Server>,
    tables: OnceCell<String>,
    spare: Arc<Spare>,
    number: AtomicU32,
}

#[derive(Debug)]
struct Server {
    url: String,
    connection: DatabaseConnection,
    /// Begins the names of this process's databases.
    prefix: String,
}

/// Databases that were prepared, and used since then.
#[derive(Debug, Default)]
struct Spare(Mutex<Vec<Place>>);

#[derive(Clone, Debug)]
struct Place {
    server: String,
    name: String,
}

#[derive(Debug)]
struct PgDatabase {
    store: Arc<PgStore>,
    place: Place,
    /// Where the database goes after use, instead of being dropped.
    spare: Option<Arc<Spare>>,
}

async fn server() -> Result<Server, Cause> {
    let url = std::env::var(POSTGRES_VARIABLE).map_err(|_| {
        format!("{POSTGRES_VARIABLE} is not set: run `cargo xtask test`, or set what `cargo xtask servers up` prints")
    })?;
    let connection = PgStore::connect(&url).await?.connection().clone();
    let random = ask(&connection, "SELECT replace(gen_random_uuid()::text, '-', '')").await?;
    Ok(Server { url, connection, prefix: format!("authsome_test_{random}") })
}

async fn ask(connection: &DatabaseConnection, sql: &str) -> Result<String, Cause> {
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(row.ok_or("there is no row")?.try_get_by(0)?)
}

impl PgBackend {
    async fn server(&self) -> Result<&Server, Cause> {
        self.server.get_or_try_init(server).await
    }

    async fn make(&self) -> Result<PgDatabase, Cause> {
        let server = self.server().await?;
        let name = format!("{}_{}", server.prefix, self.number.fetch_add(1, Ordering::Relaxed));
        server.connection.execute_unprepared(&format!(r#"CREATE DATABASE "{name}" TEMPLATE template0"#)).await?;
        let place = Place { server: server.url.clone(), name };
        Ok(PgDatabase { store: place.open().await?, place, spare: None })
    }

    /// A database that was used, without what was done to it; `None` where that was more than its rows.
    async fn emptied(&self, place: Place) -> Result<Option<PgDatabase>, Cause> {
        let others = format!(
            "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE datname = '{}'",
            place.name
        );
        ask(&self.server().await?.connection, &others).await?;
        let store = place.open().await?;
        let tables = ask(store.connection(), TABLES).await?;
        let mut database = PgDatabase { store, place, spare: None };
        if self.tables.get() != Some(&tables) {
            return Ok(None);
        }
        let delete: Vec<String> = tables.split(',').map(|table| format!(r#"DELETE FROM "{table}""#)).collect();
        let sql = format!("BEGIN; SET LOCAL session_replication_role = replica; {}; COMMIT", delete.join("; "));
        database.store.connection().execute_unprepared(&sql).await?;
        database.spare = Some(Arc::clone(&self.spare));
        Ok(Some(database))
    }
}

impl Place {
    /// A store with few connections.
    async fn open(&self) -> Result<Arc<PgStore>, Cause> {
        let url = in_server(&self.server, &self.name);
        Ok(Arc::new(PgStore::builder(&url).max_connections(8).connect().await?))
    }

    /// Drops the database, on a thread of its own: a destructor cannot wait. A server that is gone has nothing to drop.
    fn drop(self) {
        let dropped = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let store = PgStore::connect(&self.server).await?;
                let drop = format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name);
                store.connection().execute_unprepared(&drop).await?;
                Ok::<_, Cause>(store.close().await?)
            })
        });
        let _ = dropped.join();
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        let places = std::mem::take(self.0.get_mut().unwrap_or_else(PoisonError::into_inner));
        places.into_iter().for_each(Place::drop);
    }
}

impl Drop for PgDatabase {
    fn drop(&mut self) {
        match self.spare.take() {
            Some(spare) => spare.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.place.clone()),
            None => self.place.clone().drop(),
        }
    }
}

/// The URL of another database on the server of this one.
fn in_server(url: &str, database: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(url, rest)| (url, Some(rest)));
    let host_ends = address.find("://").map_or(0, |scheme| scheme + 3);
    let host = address.get(host_ends..).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let parameters = parameters.map_or_else(String::new, |parameters| format!("?{parameters}"));
    format!("{}{host}/{database}{parameters}", address.get(..host_ends).unwrap_or_default())
}

#[async_trait]
impl Backend for PgBackend {
    fn name(&self) -> &str {
        "postgres"
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        Ok(Box::new(self.make().await?))
    }

    async fn prepared(&self) -> Result<Box<dyn Database>, Cause> {
        let spare = self.spare.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(place) = spare
            && let Some(database) = self.emptied(place).await?
        {
            prepare(database.store.as_ref()).await?;
            return Ok(Box::new(database));
        }
        let mut database = self.make().await?;
        prepare(database.store.as_ref()).await?;
        self.tables.get_or_try_init(|| ask(database.store.connection(), TABLES)).await?;
        database.spare = Some(Arc::clone(&self.spare));
        Ok(Box::new(database))
    }
}

#[async_trait]
impl Database for PgDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<PgStore>::clone(&self.store)
    }

    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(self.place.open().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::in_server;

    #[test]
    fn another_database_of_a_server_keeps_everything_else_of_its_url() {
        assert_eq!(in_server("postgres://u:p@h:1/d?sslmode=require", "e"), "postgres://u:p@h:1/e?sslmode=require");
        assert_eq!(in_server("postgres://u@h", "e"), "postgres://u@h/e");
    }
}
