//! [`SqliteStore`].

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::store::{Store, StoreTx};
use authsome_store_sql::SqlStore;
use sea_orm::DatabaseConnection;
use tempfile::TempDir;

use crate::config::SqliteBuilder;

/// Authsome on SQLite.
pub struct SqliteStore {
    sql: SqlStore,
    /// Where a database lives that goes with its store.
    _folder: Option<TempDir>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
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

    /// What it shares with other SQL backends, for a look at the statements of requests.
    #[must_use]
    pub const fn sql(&self) -> &SqlStore {
        &self.sql
    }

    /// The one connection for writes, for statements of your own. While it is in use, all other writes wait.
    #[must_use]
    pub const fn connection(&self) -> &DatabaseConnection {
        self.sql.connection()
    }
}

forward_records! {
    impl Records for SqliteStore: |store, verb, request| { store.sql.$verb(request).await }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        self.sql.begin().await
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        self.sql.migrate(plugins).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        &self.sql
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.sql.ping().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.sql.close().await
    }
}
