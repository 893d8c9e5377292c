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
/// - Of callers that compare and change the same row at once, each sees the row as the previous one left it: if the
///   predicate no longer holds, nothing changes.
/// - Text and bytes are compared byte for byte. A comparison with null is false. A unique index does not see rows in
///   which one of its columns is null.
/// - Errors are those of [`StoreError`]; a write of several rows goes row by row, and of several constraints
///   that a row breaks the first declared is reported; references are held against the state after the last row.
/// - Inside a transaction ([`crate::store::StoreTx`]) reads see its own writes, and any error other than `NotFound`,
///   `Invalid` and `Corrupt` ends it.
#[async_trait]
pub trait Records: Send + Sync {
    /// Inserts the rows, all or none, and says how many were inserted. A row that `if_absent` skips is not checked
    /// further: its parents need not exist.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] (not with `if_absent`), [`StoreError::Reference`].
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

    /// Changes the one row that the request names by a unique key, if the rest of its predicate holds, and returns the
    /// changed row; `None` if nothing matched.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`].
    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError>;

    /// Changes every matching row and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`].
    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError>;

    /// Inserts the row, or changes the existing row with its key, and returns the stored row.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on another key, [`StoreError::Reference`].
    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError>;

    /// Deletes rows, and the rows that refer to them by `Cascade`, and says how many of the table itself were deleted.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if a row refers to one of them by `Restrict`.
    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError>;
}
