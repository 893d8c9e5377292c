//! [`SqliteStore`].

use authsome_core::error::StoreError;
use authsome_store_sql::{Connections, SqlStore};
use sea_orm::DatabaseConnection;
use tempfile::TempDir;

use crate::config::{SqliteBuilder, check};

/// Authsome on SQLite.
pub struct SqliteStore {
    sql: SqlStore,
    /// Where a database lives that goes with its store.
    _folder: Option<TempDir>,
}

impl SqliteStore {
    /// Opens the database of a URL like `sqlite:path/to/file.db`, and makes a missing file.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the URL is not one of SQLite; [`StoreError::Unavailable`] if the file cannot be
    /// opened or is not an SQLite database.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// The same with settings.
    #[must_use]
    pub fn builder(url: &str) -> SqliteBuilder {
        SqliteBuilder::new(url)
    }

    /// A store on a pool that the program has already, with the other defaults of [`SqliteBuilder`]. Closing the store
    /// closes it.
    ///
    /// The pool has at least two connections, since a read outside of a transaction takes one of its own, and each of them
    /// holds references (`PRAGMA foreign_keys = ON`), keeps the file in WAL mode and waits for a writer
    /// (`PRAGMA busy_timeout`, five seconds say), as `sqlx`'s `SqliteConnectOptions` sets them for all. One connection is
    /// looked at here.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is no pool of connections to SQLite, or lacks one of these settings;
    /// [`StoreError::Unavailable`] where it does not answer.
    pub async fn from_connection(connection: DatabaseConnection) -> Result<Self, StoreError> {
        check(&connection).await?;
        let connections = Connections { writer: connection.clone(), reader: connection };
        Ok(SqliteBuilder::new("").with(connections, None))
    }

    /// A database that is gone with its store, also at `sqlite::memory:`. It is one database for all tasks, and behaves
    /// like one in a file: it is one, in the folder for temporary files, which is not forced to the disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where no temporary file can be made.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::connect("sqlite::memory:").await
    }

    pub(crate) const fn new(sql: SqlStore, folder: Option<TempDir>) -> Self {
        Self { sql, _folder: folder }
    }

    /// The one connection for writes, for statements of your own. While it is in use, all other writes wait.
    #[must_use]
    pub const fn connection(&self) -> &DatabaseConnection {
        self.sql.connection()
    }
}

authsome_store_sql::sql_backend!(SqliteStore);
