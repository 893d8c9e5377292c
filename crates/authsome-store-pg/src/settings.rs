//! The settings of a server under which a store cannot keep its promises.
//!
//! They are refused, not changed: behind a pooler of transactions, what one session sets is not what the next
//! transaction gets.

use authsome_core::error::StoreError;
use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, QueryResult, Statement};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::error::{cannot_connect, message};

/// One round trip. What is asked for is what a session begins with, so that an answer in a transaction is the same.
const ASK: &str = "SELECT current_setting('synchronous_commit'), current_setting('default_transaction_isolation'), \
    current_setting('session_replication_role'), current_setting('default_transaction_read_only'), \
    pg_is_in_recovery()";

/// What a server answers.
#[derive(Clone, Debug)]
struct ServerSettings {
    synchronous_commit: String,
    isolation: String,
    replication_role: String,
    read_only: String,
    is_standby: bool,
}

impl ServerSettings {
    /// Settings that somebody has to change make the database invalid. A server that only reads is unavailable: it may
    /// be told to, or be promoted, at any time.
    fn check(&self) -> Result<(), StoreError> {
        let invalid =
            |setting: &str, value: &str, why| StoreError::Invalid { what: format!("setting {setting} = {value}"), why };
        if self.synchronous_commit == "off" {
            return Err(invalid(
                "synchronous_commit",
                "off",
                "a crash of the server would lose writes that were acknowledged; set it to `on`",
            ));
        }
        // On PostgreSQL, `read uncommitted` is `read committed`.
        if !matches!(self.isolation.as_str(), "read committed" | "read uncommitted") {
            return Err(invalid(
                "default_transaction_isolation",
                &self.isolation,
                "a write would fail instead of waiting for another one; set it to `read committed`",
            ));
        }
        if self.replication_role == "replica" {
            return Err(invalid(
                "session_replication_role",
                "replica",
                "references would not be enforced; set it to `origin`",
            ));
        }
        if self.is_standby {
            return Err(StoreError::unavailable(
                "the server is a hot standby, which only reads: connect to the primary, or promote it",
            ));
        }
        if self.read_only == "on" {
            return Err(StoreError::unavailable(
                "the server only reads (default_transaction_read_only = on): set it to `off`",
            ));
        }
        Ok(())
    }
}

/// Checks a new connection.
pub(crate) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::raw_sql(ASK).fetch_one(connection).await;
    row.and_then(|row| read(&row)).map_err(cannot_connect)?.check()
}

/// Checks a connection of a pool.
pub(crate) async fn check_pooled(connection: &DatabaseExecutor<'_>) -> Result<(), StoreError> {
    let answer = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, ASK)).await;
    let answer = answer.map_err(|error| StoreError::unavailable(message(&error)))?;
    let settings = answer.as_ref().and_then(QueryResult::try_as_pg_row).and_then(|row| read(row).ok());
    settings.ok_or_else(|| StoreError::backend("a server tells its settings"))?.check()
}

fn read(row: &PgRow) -> Result<ServerSettings, sqlx::Error> {
    Ok(ServerSettings {
        synchronous_commit: row.try_get(0)?,
        isolation: row.try_get(1)?,
        replication_role: row.try_get(2)?,
        read_only: row.try_get(3)?,
        is_standby: row.try_get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ServerSettings {
        ServerSettings {
            synchronous_commit: "on".to_owned(),
            isolation: "read committed".to_owned(),
            replication_role: "origin".to_owned(),
            read_only: "off".to_owned(),
            is_standby: false,
        }
    }

    #[test]
    fn a_hot_standby_is_unavailable() {
        settings().check().unwrap();
        let standby = ServerSettings { is_standby: true, read_only: "on".to_owned(), ..settings() };
        assert!(matches!(standby.check(), Err(StoreError::Unavailable { .. })));
    }

    #[test]
    fn a_commit_that_waits_for_the_disk_of_this_server_alone_is_enough() {
        for value in ["local", "remote_write", "remote_apply"] {
            ServerSettings { synchronous_commit: value.to_owned(), ..settings() }.check().unwrap();
        }
    }
}
