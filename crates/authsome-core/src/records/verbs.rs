//! [`Records`]: the verbs.

use async_trait::async_trait;

use super::request::{CountRequest, DeleteRequest, FindRequest, InsertRequest, UpdateRequest, UpsertRequest};
use crate::error::StoreError;
use crate::value::Value;

/// A row: its values in the order of the table's columns.
pub type Row = Vec<Value>;

/// The verbs that a backend carries out. Everything typed is written once, above them.
///
/// # Contract
/// - Each call is atomic: it happens as a whole or not at all, and no other caller sees a part of it. Outside a
///   transaction it is durable when it returns.
/// - Of callers that compare and change the same row at once, each sees the row as the one before it left it: an update
///   whose predicate no longer holds changes nothing.
/// - Text and bytes are compared byte for byte. A comparison with null is false. A unique index does not see rows in
///   which one of its columns is null.
/// - Errors are those of [`StoreError`]; a write of several rows goes row by row, and of several constraints
///   that a row breaks the first declared is reported; references are held against the state after the last row.
/// - Inside a transaction ([`crate::store::StoreTx`]) reads see its own writes, and any error other than `NotFound`,
///   `Invalid` and `Corrupt` ends it.
#[async_trait]
pub trait Records: Send + Sync {
    /// Inserts the rows, all or none, and says how many were inserted. A row that `if_absent` leaves out is not looked at
    /// any further: what it refers to need not be there.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] (not where the request says `if_absent`), [`StoreError::Reference`].
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError>;

    /// The rows, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and the like; finding nothing is an empty list.
    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError>;

    /// How many rows there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and the like.
    async fn count(&self, request: CountRequest) -> Result<u64, StoreError>;

    /// Changes the one row that the request names by a unique key, if the rest of its predicate holds, and returns it
    /// as it is afterwards; `None` where nothing matched.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`].
    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError>;

    /// Changes every row that is meant and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`].
    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError>;

    /// Inserts the row, or changes the one that agrees with it in the key, and returns what is there afterwards.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on another key, [`StoreError::Reference`].
    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError>;

    /// Deletes rows with what refers to them by `Cascade`, and says how many of the table itself were deleted.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where a row is referred to by `Restrict`.
    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError>;
}
