//! What PostgreSQL's errors mean (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use authsome_core::error::StoreError;
use authsome_store_sql::Fault;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::Error as SqlxError;
use sqlx::error::DatabaseError;

/// What an error means.
pub(crate) fn classify(error: &DbErr) -> Fault {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed) => Fault::Unavailable,
        _ => driver_error(error).map_or(Fault::Other, classify_driver),
    }
}

/// What an error says: the server's own message alone, since its detail may quote the values of a row.
pub(crate) fn message(error: &DbErr) -> String {
    driver_error(error).map_or_else(|| error.to_string(), driver_message)
}

fn driver_message(error: &SqlxError) -> String {
    match error {
        SqlxError::Database(error) => match error.code() {
            Some(code) => format!("{} (SQLSTATE {code})", error.message()),
            None => error.message().to_owned(),
        },
        other => other.to_string(),
    }
}

fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn classify_driver(error: &SqlxError) -> Fault {
    match error {
        SqlxError::Database(error) => classify_database(&**error),
        // Anything but an answer of PostgreSQL, such as the end of a connection during TLS, is the network's.
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => Fault::Unavailable,
        _ => Fault::Other,
    }
}

fn classify_database(error: &dyn DatabaseError) -> Fault {
    match error.code().as_deref() {
        // unique_violation
        Some("23505") => Fault::Conflict(error.constraint().map(str::to_owned)),
        // foreign_key_violation
        Some("23503") => Fault::Reference(error.constraint().map(str::to_owned)),
        Some(code) => classify_code(code),
        None => Fault::Other,
    }
}

fn classify_code(code: &str) -> Fault {
    match code {
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => Fault::Contention,
        // read_only_sql_transaction (a replica), idle_in_transaction_session_timeout, transaction_timeout,
        // statement_completion_unknown, query_canceled (a statement timeout), admin_shutdown, crash_shutdown,
        // cannot_connect_now, database_dropped, idle_session_timeout, invalid_catalog_name (no such database)
        "25006" | "25P03" | "25P04" | "40003" | "57014" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "3D000" => {
            Fault::Unavailable
        }
        // Not an error of PostgreSQL, which has a code.
        "" => Fault::Unavailable,
        // Connection exception, invalid authorization, insufficient resources, system error.
        _ if ["08", "28", "53", "58"].iter().any(|class| code.starts_with(class)) => Fault::Unavailable,
        _ => Fault::Other,
    }
}

/// A database that cannot be connected to is not available, whatever the reason.
#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
pub(crate) fn cannot_connect(error: SqlxError) -> StoreError {
    StoreError::unavailable(format!("cannot connect to PostgreSQL: {}", driver_message(&error)))
}

/// What an error says, with its cause.
pub(crate) fn chain(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_transaction_caused_is_contention() {
        for code in ["40001", "40P01", "55P03"] {
            assert_eq!(classify_code(code), Fault::Contention, "{code}");
        }
    }

    #[test]
    fn a_server_that_cannot_or_may_not_answer_is_unavailable() {
        for code in ["08006", "25006", "28P01", "3D000", "53100", "53300", "57014", "57P01", "57P02", "57P03", "58030"]
        {
            assert_eq!(classify_code(code), Fault::Unavailable, "{code}");
        }
    }

    #[test]
    fn what_the_statement_itself_got_wrong_is_neither() {
        // not_null_violation, undefined_table, out of range, in_failed_sql_transaction, insufficient_privilege
        for code in ["23502", "42P01", "22003", "25P02", "42501"] {
            assert_eq!(classify_code(code), Fault::Other, "{code}");
        }
    }
}
