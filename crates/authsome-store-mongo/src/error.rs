//! What MongoDB's errors mean.

use authsome_core::error::StoreError;
use authsome_core::records::Change;
use authsome_core::schema::TableDef;
use mongodb::bson::Document;
use mongodb::error::{Error, ErrorKind, TRANSIENT_TRANSACTION_ERROR, WriteFailure};

/// What this backend itself refuses.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the store is closed")]
    Closed,
    #[error("the database did not answer in time")]
    TooLate,
    #[error("table {0} does not exist as it is declared: migrate first")]
    NotMigrated(String),
    #[error("column {0}.{1} would leave its range")]
    Overflow(String, String),
    #[error("a row is inserted and deleted over and over by others")]
    Restless,
    #[error("reference {0} does not name the primary key of its parent")]
    NotAKey(String),
    #[error("the name {0} is not one that a field or collection may have")]
    Name(String),
    #[error("collection {0} exists already and is not what the migration makes")]
    ForeignCollection(String),
    #[error("a raw statement for mongodb is a command as a JSON document")]
    NotACommand,
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed | Refusal::TooLate => Self::unavailable(refusal),
            _ => Self::backend(refusal),
        }
    }
}

/// The row that was refused.
#[derive(Debug)]
pub(crate) enum Candidate {
    /// It was inserted after these.
    Inserted { row: Document, earlier: Vec<Document> },
    /// It is the one that the filter means, with these changes.
    Changed { filter: Document, changes: Vec<Change> },
    /// One of several.
    Unknown,
}

/// Why a verb failed, before it is known what that means to the caller.
#[derive(Debug)]
pub(crate) enum Failure {
    Store(StoreError),
    Driver(Error),
    /// A unique index refused a row.
    Duplicate {
        table: &'static TableDef,
        /// The index that MongoDB names.
        index: String,
        row: Candidate,
    },
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Store(refusal.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl Failure {
    /// Whether an insert was for a collection that is gone.
    pub(crate) fn is_moved(&self) -> bool {
        matches!(self, Self::Driver(error) if is_code(error, COLLECTION_MOVED))
    }
}

/// What the driver said, without what the server quotes of documents.
pub(crate) fn described(error: &Error) -> String {
    match (code(error), &*error.kind) {
        (Some((code, name)), _) => format!("MongoDB answered {code} {name}"),
        (None, ErrorKind::Io(error)) => error.to_string(),
        (None, ErrorKind::ServerSelection { message, .. }) => message.clone(),
        (None, ErrorKind::Authentication { .. }) => "the credentials were refused".to_owned(),
        (None, ErrorKind::DnsResolve { .. }) => "the server's name cannot be resolved".to_owned(),
        (None, ErrorKind::ConnectionPoolCleared { .. }) => "the connections were closed".to_owned(),
        (None, ErrorKind::Shutdown) => "the store is closed".to_owned(),
        (None, ErrorKind::IncompatibleServer { .. }) => "the server is too old".to_owned(),
        _ => "the driver could not carry out the request".to_owned(),
    }
}

const DUPLICATE_KEY: i32 = 11_000;
pub(crate) const NAMESPACE_EXISTS: i32 = 48;
pub(crate) const NAMESPACE_NOT_FOUND: i32 = 26;
pub(crate) const INDEX_NOT_FOUND: i32 = 27;

/// `CollectionUUIDMismatch`: a migration has dropped the collection that an insert was for.
pub(crate) const COLLECTION_MOVED: i32 = 361;

/// `LockTimeout`, `WriteConflict`, `SnapshotTooOld`, `TransactionAborted`, `SnapshotUnavailable`, `NoSuchTransaction`,
/// and
/// [`COLLECTION_MOVED`]: the next run sees the change.
const CONTENTION: [i32; 7] = [24, 112, 239, 244, 246, 251, COLLECTION_MOVED];

/// `HostUnreachable`, `HostNotFound`, `MaxTimeMSExpired`, `WriteConcernFailed`, `NetworkTimeout`, `ShutdownInProgress`,
/// `UnsatisfiableWriteConcern`, `PrimarySteppedDown`, `ExceededTimeLimit`, `SocketException`, `NotWritablePrimary`,
/// `InterruptedAtShutdown`, `InterruptedDueToReplStateChange`, `NotPrimaryNoSecondaryOk`, `NotPrimaryOrSecondary`,
/// `ReadConcernMajorityNotAvailableYet`.
const UNAVAILABLE: [i32; 16] =
    [6, 7, 50, 64, 89, 91, 100, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436];

/// The server's code with its name.
fn code(error: &Error) -> Option<(i32, &str)> {
    match &*error.kind {
        ErrorKind::Command(inner) => Some((inner.code, &inner.code_name)),
        ErrorKind::Write(WriteFailure::WriteError(inner)) => {
            Some((inner.code, inner.code_name.as_deref().unwrap_or_default()))
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(inner)) => Some((inner.code, &inner.code_name)),
        ErrorKind::InsertMany(inner) => {
            let write = inner.write_errors.iter().flatten().next();
            let write = write.map(|write| (write.code, write.code_name.as_deref().unwrap_or_default()));
            write.or_else(|| inner.write_concern_error.as_ref().map(|inner| (inner.code, inner.code_name.as_str())))
        }
        _ => None,
    }
}

/// Whether the server answered with this code.
pub(crate) fn is_code(error: &Error, wanted: i32) -> bool {
    code(error).is_some_and(|(code, _)| code == wanted)
}

/// What an error of the driver means.
pub(crate) fn store_error(error: &Error) -> StoreError {
    // Waiting for a server took its time already, whatever else the driver says about it.
    if matches!(&*error.kind, ErrorKind::ServerSelection { .. }) {
        return StoreError::unavailable(described(error));
    }
    let code = code(error).map(|(code, _)| code);
    let contended = code.is_some_and(|code| CONTENTION.contains(&code));
    if contended || error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
        tracing::debug!(cause = %described(error), "a transaction met another one's write");
        return StoreError::contention();
    }
    let unreachable = match &*error.kind {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::Authentication { .. }
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::IncompatibleServer { .. }
        | ErrorKind::Shutdown => true,
        _ => code.is_some_and(|code| UNAVAILABLE.contains(&code)),
    };
    if unreachable { StoreError::unavailable(described(error)) } else { StoreError::backend(described(error)) }
}

/// The unique index that refused a write, as the server names it, and the position of the row among those written.
pub(crate) fn duplicate(error: &Error) -> Option<(String, usize)> {
    let (message, position) = match &*error.kind {
        ErrorKind::Command(inner) if inner.code == DUPLICATE_KEY => (&inner.message, 0),
        ErrorKind::Write(WriteFailure::WriteError(inner)) if inner.code == DUPLICATE_KEY => (&inner.message, 0),
        ErrorKind::InsertMany(inner) => {
            let first = inner.write_errors.iter().flatten().next().filter(|first| first.code == DUPLICATE_KEY)?;
            (&first.message, first.index)
        }
        _ => return None,
    };
    // E11000 duplicate key error collection: <database>.<collection> index: <name> dup key: { … }
    let (_, rest) = message.split_once(" index: ")?;
    Some((rest.split(' ').next()?.to_owned(), position))
}

/// What a command that writes refused to write. The driver looks only whether the command as a whole went through.
pub(crate) fn refused_write(answer: &Document) -> Option<StoreError> {
    let refused = answer.get_array("writeErrors").is_ok_and(|errors| !errors.is_empty());
    let unacknowledged = answer.contains_key("writeConcernError");
    if refused {
        Some(StoreError::backend("MongoDB refused a write of the command"))
    } else if unacknowledged {
        Some(StoreError::unavailable("the majority did not acknowledge the write"))
    } else {
        None
    }
}
