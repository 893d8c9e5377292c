//! What SQLite's errors mean (<https://www.sqlite.org/rescode.html>).

use authsome_core::error::StoreError;
use authsome_store_sql::Fault;
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// A primary code is the low byte of an extended one.
const PRIMARY: i32 = 0xFF;

/// `SQLITE_PERM`, `SQLITE_NOMEM`, `SQLITE_READONLY`, `SQLITE_IOERR`, `SQLITE_CORRUPT`, `SQLITE_FULL`,
/// `SQLITE_CANTOPEN`, `SQLITE_PROTOCOL`, `SQLITE_NOLFS`, `SQLITE_AUTH`, `SQLITE_NOTADB`.
const UNAVAILABLE: [i32; 11] = [3, 7, 8, 10, 11, 13, 14, 15, 22, 23, 26];

/// What an error says. SQLite names neither indexes nor references.
pub(crate) fn classify(error: &DbErr) -> Fault {
    match error {
        // The one writer is held by other transactions of this process, as a lock is by those of another.
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Fault::Contention,
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => Fault::Unavailable,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => classify_driver(error),
        _ => Fault::Other,
    }
}

fn classify_driver(error: &SqlxError) -> Fault {
    match error {
        SqlxError::Database(error) => {
            error.code().and_then(|code| code.parse().ok()).map_or(Fault::Other, classify_code)
        }
        SqlxError::PoolTimedOut => Fault::Contention,
        SqlxError::Io(_) | SqlxError::PoolClosed | SqlxError::WorkerCrashed => Fault::Unavailable,
        _ => Fault::Other,
    }
}

fn classify_code(code: i32) -> Fault {
    match code {
        // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
        1555 | 2067 => Fault::Conflict(None),
        // SQLITE_CONSTRAINT_FOREIGNKEY
        787 => Fault::Reference(None),
        _ => match code & PRIMARY {
            // SQLITE_BUSY, SQLITE_LOCKED
            5 | 6 => Fault::Contention,
            primary if UNAVAILABLE.contains(&primary) => Fault::Unavailable,
            _ => Fault::Other,
        },
    }
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the SQLite database: {0}")]
struct OpenError(#[source] DbErr);

/// A database that cannot be opened is not available, whatever the reason.
pub(crate) fn cannot_open(error: DbErr) -> StoreError {
    StoreError::unavailable(OpenError(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_code_means_what_its_primary_code_means() {
        // SQLITE_BUSY_RECOVERY, SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED_SHAREDCACHE
        for code in [5, 261, 517, 6, 262] {
            assert_eq!(classify_code(code), Fault::Contention, "{code}");
        }
        // SQLITE_CANTOPEN_ISDIR, SQLITE_IOERR_FSYNC, SQLITE_READONLY_DBMOVED, SQLITE_FULL, SQLITE_NOTADB
        for code in [526, 1034, 1032, 13, 26] {
            assert_eq!(classify_code(code), Fault::Unavailable, "{code}");
        }
    }

    #[test]
    fn only_broken_keys_and_references_are_constraints() {
        assert_eq!(classify_code(1555), Fault::Conflict(None));
        assert_eq!(classify_code(2067), Fault::Conflict(None));
        assert_eq!(classify_code(787), Fault::Reference(None));
        // SQLITE_CONSTRAINT_NOTNULL, SQLITE_CONSTRAINT_CHECK, SQLITE_MISMATCH
        for code in [1299, 275, 20] {
            assert_eq!(classify_code(code), Fault::Other, "{code}");
        }
    }
}
