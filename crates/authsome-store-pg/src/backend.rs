//! [`PgStore`].

use authsome_core::error::StoreError;
use authsome_store_sql::SqlStore;
use sea_orm::{DatabaseConnection, DatabaseConnectionType};

use crate::config::PgBuilder;

/// Authsome on PostgreSQL.
pub struct PgStore {
    sql: SqlStore,
}

impl PgStore {
    /// Connects to the database of a URL like `postgres://user:password@host:5432/database?sslmode=verify-full`, with
    /// the defaults of [`PgBuilder`].
    ///
    /// # Errors
    /// Those of [`PgBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// The same with settings.
    #[must_use]
    pub fn builder(url: &str) -> PgBuilder {
        PgBuilder::new(url)
    }

    /// A store on a pool that the program has already, with the default timeouts of [`PgBuilder`]. The pool has at
    /// least two connections: a migration holds one for its lock. Its server's settings are looked at by
    /// [`migrate`](authsome_core::store::Store::migrate) and
    /// [`ping`](authsome_core::store::Store::ping). Closing the store closes it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is no pool of connections to PostgreSQL, or one of a single connection.
    pub fn from_connection(connection: DatabaseConnection) -> Result<Self, StoreError> {
        let invalid = |why| StoreError::Invalid { what: "the connection".to_owned(), why };
        let DatabaseConnectionType::SqlxPostgresPoolConnection(_) = connection.inner else {
            return Err(invalid("it is not a pool of connections to PostgreSQL"));
        };
        if connection.get_postgres_connection_pool().options().get_max_connections() < 2 {
            return Err(invalid("its pool has one connection: set max_connections to at least 2"));
        }
        Ok(PgBuilder::new("").with(connection, None))
    }

    pub(crate) const fn new(sql: SqlStore) -> Self {
        Self { sql }
    }

    /// The pool, for statements of one's own.
    #[must_use]
    pub const fn connection(&self) -> &DatabaseConnection {
        self.sql.connection()
    }
}

authsome_store_sql::sql_backend!(PgStore);
