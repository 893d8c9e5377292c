//! How PostgreSQL is connected to.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_store_sql::{Connections, Patience, SqlStore};
use sea_orm::DatabaseConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::mpsc;
use url::Url;

use crate::backend::PgStore;
use crate::dialect::Postgres;
use crate::error::{cannot_connect, chain};
use crate::retirement::Retirement;
use crate::settings;

/// Distinct statements that a connection keeps prepared, unless the URL says otherwise.
const PREPARED_STATEMENTS: usize = 256;
/// The program's name in the server's lists, unless the URL says otherwise.
const APPLICATION_NAME: &str = "authsome";
/// A connection that was idle for this long is asked whether it still lives before it is used. A server that restarts
/// takes longer, and a round trip less often than a second costs nothing.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How long a connection may take to be ready for its next user.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

const CACHE_PARAMETER: &str = "statement-cache-capacity";
const FILE_PARAMETERS: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];
const OTHER_PARAMETERS: [&str; 8] =
    ["host", "hostaddr", "port", "user", "password", "dbname", "application_name", "options"];
const SSL_MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];

authsome_core::store_builder! {
    /// How a [`PgStore`] is connected.
    pub struct PgBuilder {
        /// How many connections are open at most, at least 2: a migration holds one for its lock. Default: 10.
        max_connections: u32 = 10, at least 2;
        /// How many connections are kept open without work. Default: none.
        min_connections: u32 = 0;
        /// How old a connection becomes before it is replaced. Default: 30 minutes.
        max_lifetime: Duration = Duration::from_secs(30 * 60);
        /// How long a connection stays open without work. Default: 10 minutes.
        idle_timeout: Duration = Duration::from_secs(10 * 60);
        /// How long a caller waits for a connection, and so how long a call takes while the database is gone; as long
        /// again for a transaction to begin on it. Default: 5 seconds.
        acquire_timeout: Duration = Duration::from_secs(5);
        /// How long a call waits for its answer, at least 1 millisecond. Inside a transaction the server ends the
        /// statement as well; outside of one it may still finish it. Default: 30 seconds.
        statement_timeout: Duration = Duration::from_secs(30), at least Duration::from_millis(1);
        /// How long a migration waits for one in another process, and for the transactions that use a table which it
        /// changes. Default: 60 seconds.
        migration_timeout: Duration = Duration::from_secs(60);
    }
}

impl PgBuilder {
    /// Connects.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the URL is not one of PostgreSQL, has an unknown parameter, or names an unreadable
    /// file, and if a setting of the server keeps a store from its promises (see the crate's
    /// documentation); [`StoreError::Unavailable`] where no connection comes about within the acquire timeout, or the
    /// server only reads.
    pub async fn connect(self) -> Result<PgStore, StoreError> {
        let options = connect_options(&self.url)?;
        // The pool tries again until its time is over, and then says only that it is.
        let (refused, mut refusal) = mpsc::unbounded_channel();
        let retirement = Arc::new(Retirement::default());
        let retired = Arc::clone(&retirement);
        let pool = PgPoolOptions::new()
            .max_connections(self.max_connections)
            .min_connections(self.min_connections)
            .max_lifetime(self.max_lifetime)
            .idle_timeout(self.idle_timeout)
            .acquire_timeout(self.acquire_timeout)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let refused = refused.clone();
                Box::pin(async move {
                    let Err(error) = settings::check(connection).await else { return Ok(()) };
                    let said = sqlx::Error::Configuration(chain(&error).into());
                    // Nobody listens once the store is connected.
                    let _ = refused.send(error);
                    Err(said)
                })
            })
            // What does not answer is not waited for, or a network that swallows packets would keep the whole pool. The
            // driver asks once more after this, without a limit; neither of the two keeps a caller waiting.
            .after_release(move |connection, about| {
                let retired = retired.covers(about.age);
                Box::pin(async move {
                    if retired {
                        return Ok(false);
                    }
                    let answered = tokio::time::timeout(RELEASE_TIMEOUT, connection.ping()).await;
                    answered.map_err(|elapsed| sqlx::Error::Io(elapsed.into()))?.map(|()| true)
                })
            })
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for >= TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            });
        let pool = tokio::select! {
            biased;
            Some(error) = refusal.recv() => return Err(error),
            pool = pool.connect_with(options) => pool.map_err(cannot_connect)?,
        };
        Ok(self.with(pool.into(), Some(retirement)))
    }

    /// A store on a pool, and by what connections of the pool are retired, where they are.
    pub(crate) fn with(self, connection: DatabaseConnection, retirement: Option<Arc<Retirement>>) -> PgStore {
        let dialect = Postgres {
            begin_limit: self.acquire_timeout.saturating_mul(2),
            statement_timeout: self.statement_timeout,
            migration_timeout: self.migration_timeout,
            retirement,
        };
        let connections = Connections { writer: connection.clone(), reader: connection };
        let patience = Patience {
            migration: self.migration_timeout,
            close: self.acquire_timeout,
            answer: Some(self.statement_timeout),
        };
        PgStore::new(SqlStore::new(dialect, connections, self.clock, patience))
    }
}

/// What a URL says. Refused is whatever the driver would pass over.
fn connect_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let invalid = |why| StoreError::Invalid { what: "the database URL".to_owned(), why };
    let url = Url::parse(url).map_err(|_| invalid("it reads `postgres://user:password@host:5432/database`"))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(invalid("it begins with `postgres://`"));
    }
    if url.host_str().is_some_and(|host| host.contains(',')) {
        return Err(invalid("it names one host"));
    }
    for (name, value) in url.query_pairs() {
        match &*name {
            "sslmode" if SSL_MODES.contains(&&*value) => {}
            "sslmode" => return Err(invalid("`sslmode` is disable, prefer, require, verify-ca or verify-full")),
            name if FILE_PARAMETERS.contains(&name) => {
                File::open(&*value).map_err(|_| invalid("a certificate or key file cannot be read"))?;
            }
            name if name == CACHE_PARAMETER || OTHER_PARAMETERS.contains(&name) => {}
            _ => return Err(invalid("it has an unknown parameter")),
        }
    }
    let mut options = PgConnectOptions::from_url(&url).map_err(|_| invalid("a part of it cannot be read"))?;
    if !url.query_pairs().any(|(name, _)| name == CACHE_PARAMETER) {
        options = options.statement_cache_capacity(PREPARED_STATEMENTS);
    }
    if options.get_application_name().is_none() {
        options = options.application_name(APPLICATION_NAME);
    }
    // No column is a floating-point number, and PgBouncer does not know this one.
    Ok(options.extra_float_digits(None).disable_statement_logging())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_invalid(url: &str) -> bool {
        matches!(connect_options(url), Err(StoreError::Invalid { .. }))
    }

    #[test]
    fn a_url_is_read_with_its_escapes() {
        let options = connect_options("postgresql://us%40er:pa%2Fss@db.example.com:6432/au%20th").unwrap();
        assert_eq!(options.get_username(), "us@er");
        assert_eq!((options.get_host(), options.get_port()), ("db.example.com", 6432));
        assert_eq!(options.get_database(), Some("au th"));
        assert_eq!(options.get_application_name(), Some("authsome"));
    }

    #[test]
    fn parameters_override_what_stands_before_them() {
        let options = connect_options("postgres://h/d?host=other&port=1&user=u&dbname=e&application_name=a").unwrap();
        assert_eq!((options.get_host(), options.get_port(), options.get_username()), ("other", 1, "u"));
        assert_eq!((options.get_database(), options.get_application_name()), (Some("e"), Some("a")));
        assert_eq!(connect_options("postgres:///d?options=-c%20a%3Db").unwrap().get_options(), Some("-c a=b"));
    }

    #[test]
    fn a_url_that_the_driver_would_misread_is_invalid() {
        for url in [
            "",
            "sqlite:authsome.db",
            "mysql://localhost/db",
            "postgres//localhost",
            "postgres://localhost:99999/db",
            "postgres://one:1,two:2/db",
            "postgres://one,two/db",
            "postgres://h/db?sslmode=allow",
            "postgres://h/db?sslmode=off",
            "postgres://h/db?sslmodus=require",
            "postgres://h/db?sslrootcert=/nonexistent/authority.pem",
            "postgres://h/db?statement-cache-capacity=many",
            "postgres://h/db?port=http",
            "postgres://h/db?hostaddr=name",
        ] {
            assert!(is_invalid(url), "{url}");
        }
    }

    #[test]
    fn nothing_of_the_url_is_shown() {
        let builder = PgBuilder::new("postgres://someone:hunter2@secret.example.com/hidden");
        let refused = connect_options("postgres://someone:hunter2@secret.example.com/hidden?x=y").unwrap_err();
        let shown = format!("{builder:?} {refused:?} {refused}");
        for part in ["someone", "hunter2", "secret", "hidden"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
