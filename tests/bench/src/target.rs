//! [`Target`]: a database that is measured or checked, with the store on it and the bare driver below it.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use authsome_core::store::Store;
use authsome_store_memory::MemoryStore;
use authsome_store_mongo::MongoStore;
use authsome_store_pg::PgStore;
use authsome_store_sqlite::SqliteStore;
use authsome_tests::database_server::DatabaseServer;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use crate::bare::{Bare, BareMongo, BarePostgres, BareSqlite, Maps};
use crate::population::Population;
use crate::say;
use crate::seed::seed;

/// Names of the backends.
pub(crate) const BACKENDS: [&str; 4] = ["memory", "sqlite", "postgres", "mongodb"];

/// A database that is measured or checked.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) driver: Driver,
    /// What is removed with it.
    own: Own,
}

/// The store as what it is, for what lies below it.
pub(crate) enum Driver {
    Memory,
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PgStore>),
    Mongo(Arc<MongoStore>),
}

/// What a target of its own is removed with.
enum Own {
    Nothing,
    Folder { folder: TempDir },
    Database { server: DatabaseServer, name: String },
}

impl Own {
    /// A new database on a server.
    fn database(server: DatabaseServer) -> Result<Self> {
        let own = Self::Database { server, name: format!("authsome_bench_{}", std::process::id()) };
        own.apart(DatabaseServer::make)?;
        Ok(own)
    }

    /// Does something with the server on a thread of its own: it is spoken to in a runtime of its own.
    fn apart(&self, work: fn(&DatabaseServer, &str)) -> Result<()> {
        let Self::Database { server, name } = self else { return Ok(()) };
        std::thread::scope(|scope| scope.spawn(|| work(server, name)).join()).map_err(|_| anyhow!("the server refuses"))
    }

    fn url(&self) -> String {
        match self {
            Self::Database { server, name } => server.url_of(name),
            Self::Folder { folder } => format!("sqlite:{}", folder.path().join("bench.db").display()),
            Self::Nothing => String::new(),
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Err(error) = self.apart(DatabaseServer::remove) {
            say(&format!("a database is left behind: {error:#}"));
        }
    }
}

impl Target {
    /// The database of a URL, which stays.
    pub(crate) async fn at(url: &str) -> Result<Self> {
        match url.split(':').next() {
            Some("sqlite") => Self::sqlite(url, Own::Nothing).await,
            Some("postgres" | "postgresql") => Self::postgres(url, Own::Nothing).await,
            Some("mongodb" | "mongodb+srv") => Self::mongo(url, Own::Nothing).await,
            _ => bail!("the database is none that can be measured: give sqlite:<path>, postgres://… or mongodb://…"),
        }
    }

    /// A new database of a backend, which goes with the target.
    pub(crate) async fn new(backend: &str) -> Result<Self> {
        match backend {
            "memory" => {
                let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
                Ok(Self { name: "memory", store, driver: Driver::Memory, own: Own::Nothing })
            }
            "sqlite" => {
                let own = Own::Folder { folder: TempDir::new()? };
                Self::sqlite(&own.url(), own).await
            }
            "postgres" => {
                let own = Own::database(DatabaseServer::postgres())?;
                Self::postgres(&own.url(), own).await
            }
            "mongodb" => {
                let own = Own::database(DatabaseServer::mongodb())?;
                Self::mongo(&own.url(), own).await
            }
            _ => bail!("there is no backend {backend:?}: take one of {}", BACKENDS.join(", ")),
        }
    }

    async fn sqlite(url: &str, own: Own) -> Result<Self> {
        let store = Arc::new(SqliteStore::connect(url).await.context("the SQLite file cannot be opened")?);
        let driver = Driver::Sqlite(Arc::clone(&store));
        Ok(Self { name: "sqlite", store, driver, own })
    }

    async fn postgres(url: &str, own: Own) -> Result<Self> {
        let store = Arc::new(PgStore::connect(url).await.context("PostgreSQL cannot be connected to")?);
        let driver = Driver::Postgres(Arc::clone(&store));
        Ok(Self { name: "postgres", store, driver, own })
    }

    async fn mongo(url: &str, own: Own) -> Result<Self> {
        let store = Arc::new(MongoStore::connect(url).await.context("MongoDB cannot be connected to")?);
        let driver = Driver::Mongo(Arc::clone(&store));
        Ok(Self { name: "mongodb", store, driver, own })
    }

    /// The URL of a database of its own, which other processes can open; none for the memory of this one.
    pub(crate) fn own_url(&self) -> Option<String> {
        Some(self.own.url()).filter(|url| !url.is_empty())
    }

    /// Writes what is missing of a population.
    pub(crate) async fn seed(&self, population: Population) -> Result<()> {
        let writers = match self.driver {
            Driver::Memory | Driver::Sqlite(_) => 1,
            Driver::Postgres(_) | Driver::Mongo(_) => 4,
        };
        seed(&self.store, population, writers).await?;
        if let Driver::Postgres(store) = &self.driver {
            // What autovacuum does a minute later.
            store.connection().execute_unprepared("ANALYZE").await?;
        }
        Ok(())
    }

    /// The driver, without the store.
    pub(crate) fn bare(&self, population: Population) -> Result<Box<dyn Bare>> {
        Ok(match &self.driver {
            Driver::Memory => Box::new(Maps::of(population)?),
            Driver::Sqlite(store) => {
                // As the store does: reads on one pool, writes on the other.
                let sql = store.sql();
                let [reader, writer] = [sql.reader(), sql.connection()].map(|side| side.get_sqlite_connection_pool());
                Box::new(BareSqlite::new(reader.clone(), writer.clone()))
            }
            Driver::Postgres(store) => {
                let sql = store.sql();
                let [reader, writer] = [sql.reader(), sql.connection()].map(|side| side.get_postgres_connection_pool());
                Box::new(BarePostgres::new(reader.clone(), writer.clone()))
            }
            Driver::Mongo(store) => Box::new(BareMongo::new(store.database())),
        })
    }
}
