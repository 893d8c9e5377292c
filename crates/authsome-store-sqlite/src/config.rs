//! How SQLite is opened.

use std::path::PathBuf;
use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_store_sql::{Connections, Fault, Patience, SqlStore};
use sea_orm::sqlx::Connection;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, Statement,
};
use tempfile::TempDir;

use crate::backend::SqliteStore;
use crate::dialect::Sqlite;
use crate::error::{cannot_open, classify};

/// Distinct statements that a connection keeps prepared.
const PREPARED_STATEMENTS: usize = 256;
/// How long to wait before a file that was found locked is opened again.
const OPEN_PAUSE: Duration = Duration::from_millis(10);

authsome_core::store_builder! {
    /// How a [`SqliteStore`] is opened.
    pub struct SqliteBuilder {
        /// How many connections read at once, at least 1. Each has a thread of its own. Default: one a processor,
        /// between 2 and 8.
        max_readers: u32 = processors().clamp(2, 8), at least 1;
        /// How long a writer waits for one in another process. Default: 5 seconds.
        busy_timeout: Duration = Duration::from_secs(5);
        /// How long a caller waits for a connection of this store, and so for a writer in this process. Default: 5
        /// seconds.
        acquire_timeout: Duration = Duration::from_secs(5);
        /// How long a migration waits for one in another process. Default: 60 seconds.
        migration_timeout: Duration = Duration::from_secs(60);
    }
}

fn processors() -> u32 {
    std::thread::available_parallelism().map_or(2, |threads| u32::try_from(threads.get()).unwrap_or(8))
}

impl SqliteBuilder {
    /// Opens the store.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the URL is not one of SQLite; [`StoreError::Unavailable`] if the file cannot be
    /// opened or is not an SQLite database.
    pub async fn connect(self) -> Result<SqliteStore, StoreError> {
        let (file, folder) = match self.location()? {
            Location::File => (None, None),
            Location::Memory => {
                let folder = tempfile::tempdir().map_err(StoreError::unavailable)?;
                (Some(folder.path().join("authsome.db")), Some(folder))
            }
        };
        self.open(file, folder).await
    }

    async fn open(self, file: Option<PathBuf>, folder: Option<TempDir>) -> Result<SqliteStore, StoreError> {
        // The writer comes first: it makes the file and puts it in WAL mode.
        let writer = self.open_waiting(self.writer_options(file.clone())).await?;
        let reader = Database::connect(self.reader_options(file)).await.map_err(cannot_open)?;
        Ok(self.with(Connections { writer, reader }, folder))
    }

    pub(crate) fn with(self, connections: Connections, folder: Option<TempDir>) -> SqliteStore {
        let patience = Patience { migration: self.migration_timeout, close: self.acquire_timeout, answer: None };
        SqliteStore::new(SqlStore::new(Sqlite, connections, self.clock, patience), folder)
    }

    /// Opens the file. While another process makes or leaves it, SQLite may refuse at once instead of waiting.
    async fn open_waiting(&self, options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
        let opened = tokio::time::timeout(self.busy_timeout.max(OPEN_PAUSE), async {
            loop {
                match Database::connect(options.clone()).await {
                    Err(error) if classify(&error) == Fault::Contention => tokio::time::sleep(OPEN_PAUSE).await,
                    other => return other,
                }
            }
        });
        match opened.await {
            Ok(opened) => opened.map_err(cannot_open),
            Err(_elapsed) => Err(cannot_open(DbErr::Custom("another process keeps it locked".to_owned()))),
        }
    }

    fn writer_options(&self, file: Option<PathBuf>) -> ConnectOptions {
        let mut options = self.options(1);
        let synchronous = if file.is_some() { SqliteSynchronous::Off } else { SqliteSynchronous::Full };
        let busy_timeout = self.busy_timeout;
        options
            .map_sqlx_sqlite_opts(move |options| {
                placed(options, file.as_ref(), busy_timeout)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(synchronous)
            })
            // SQLite itself ends a transaction when the disk is full or fails, and the driver then counts one that is
            // not there: such a connection is replaced.
            .map_sqlx_sqlite_before_acquire(|connection, _| {
                let is_clean = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_clean) })
            });
        options
    }

    fn reader_options(&self, file: Option<PathBuf>) -> ConnectOptions {
        let mut options = self.options(self.max_readers);
        let busy_timeout = self.busy_timeout;
        options.map_sqlx_sqlite_opts(move |options| {
            placed(options, file.as_ref(), busy_timeout).pragma("query_only", "ON")
        });
        options
    }

    fn options(&self, connections: u32) -> ConnectOptions {
        let mut options = ConnectOptions::new(self.url.clone());
        options
            .max_connections(connections)
            .connect_timeout(self.acquire_timeout)
            .acquire_timeout(self.acquire_timeout)
            .idle_timeout(None::<Duration>)
            .max_lifetime(None::<Duration>)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .record_stmt_in_spans(false);
        options
    }

    fn location(&self) -> Result<Location, StoreError> {
        let invalid = |why| StoreError::Invalid { what: "the database URL".to_owned(), why };
        let rest = self.url.strip_prefix("sqlite:").ok_or_else(|| invalid("it begins with `sqlite:`"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        if path == ":memory:" || parameters.split('&').any(|parameter| parameter == "mode=memory") {
            return Ok(Location::Memory);
        }
        // SQLite takes an empty name for a database that only the one connection sees.
        if path.is_empty() { Err(invalid("it names a file: `sqlite:path/to/file.db`")) } else { Ok(Location::File) }
    }
}

/// What a connection that somebody else opened must be set to, and why it cannot be used otherwise.
const NEEDED: [(&str, &str); 3] = [
    ("SELECT foreign_keys = 1 FROM pragma_foreign_keys", "it does not hold references: set foreign_keys to ON"),
    ("SELECT journal_mode = 'wal' FROM pragma_journal_mode", "its file is not in WAL mode: set journal_mode to WAL"),
    ("SELECT timeout > 0 FROM pragma_busy_timeout", "it does not wait for writers: set busy_timeout to five seconds"),
];

/// Refuses a connection that somebody else opened in a way that Authsome cannot work with.
pub(crate) async fn check(connection: &DatabaseConnection) -> Result<(), StoreError> {
    let invalid = |why| StoreError::Invalid { what: "the connection".to_owned(), why };
    let DatabaseConnectionType::SqlxSqlitePoolConnection(_) = connection.inner else {
        return Err(invalid("it is not a pool of connections to SQLite"));
    };
    if connection.get_sqlite_connection_pool().options().get_max_connections() < 2 {
        return Err(invalid("its pool has one connection: set max_connections to at least 2"));
    }
    for (question, why) in NEEDED {
        let statement = Statement::from_string(DbBackend::Sqlite, question);
        let row = connection.query_one_raw(statement).await.map_err(cannot_open)?;
        if !row.is_some_and(|row| row.try_get_by(0).unwrap_or(false)) {
            return Err(invalid(why));
        }
    }
    Ok(())
}

enum Location {
    File,
    Memory,
}

fn placed(options: SqliteConnectOptions, file: Option<&PathBuf>, busy_timeout: Duration) -> SqliteConnectOptions {
    let options = match file {
        Some(file) => options.filename(file).in_memory(false).shared_cache(false),
        None => options,
    };
    options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(busy_timeout)
        .statement_cache_capacity(PREPARED_STATEMENTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(connection: &DatabaseConnection, sql: &str) -> String {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap()
    }

    #[tokio::test]
    async fn every_connection_waits_for_locks_and_readers_do_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let builder = SqliteBuilder::new(url).max_readers(3).busy_timeout(Duration::from_millis(1_234));
        let writer = Database::connect(builder.writer_options(None)).await.unwrap();
        let reader = Database::connect(builder.reader_options(None)).await.unwrap();
        // Held at the same time, so that each is another connection.
        let mut readers = Vec::new();
        for _ in 0..3 {
            readers.push(sea_orm::TransactionTrait::begin(&reader).await.unwrap());
        }
        let busy_timeout = "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout";
        assert_eq!(ask(&writer, busy_timeout).await, "1234");
        for reader in &readers {
            let statement = Statement::from_string(DbBackend::Sqlite, busy_timeout);
            let timeout: String = reader.query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap();
            assert_eq!(timeout, "1234");
            assert!(reader.execute_unprepared("CREATE TABLE t (a)").await.is_err());
        }
        writer.execute_unprepared("CREATE TABLE t (a)").await.unwrap();
    }
}
