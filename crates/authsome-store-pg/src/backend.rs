//! [`PgStore`].

use authsome_core::error::StoreError;
use authsome_store_sql::SqlStore;
use sea_orm::{DatabaseConnection, DbBackend};

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
    /// [`StoreError::Invalid`] if the connection is not one of PostgreSQL.
    pub fn from_connection(connection: DatabaseConnection) -> Result<Self, StoreError> {
        if connection.get_database_backend() != DbBackend::Postgres {
            return Err(StoreError::Invalid {
                what: "the connection".to_owned(),
                why: "it is not a connection to PostgreSQL",
            });
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
