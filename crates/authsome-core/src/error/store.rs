//! The errors of a store, the same on every backend.

/// A boxed cause.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a transaction ended before its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbortReason {
    /// It met another transaction's write. Run again, the same work may succeed.
    Contention,
    /// An earlier error in it ended it, or it was committed or rolled back already.
    Ended,
}

/// What a store reports.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Update or delete by id of a row that is unknown in this scope.
    #[error("no such row in {table}")]
    NotFound {
        /// The table.
        table: String,
    },
    /// A row would agree with another one in a unique index. Of several, the first declared.
    #[error("conflict on {constraint}")]
    Conflict {
        /// The primary key's or index's name.
        constraint: String,
    },
    /// A row refers to a missing row, or a remaining row refers to a deleted one. Of several, the first declared.
    #[error("dangling reference {constraint}")]
    Reference {
        /// The reference's name.
        constraint: String,
    },
    /// A wrong value or request. Core refuses it before a backend sees it.
    #[error("invalid {what}: {why}")]
    Invalid {
        /// The table and column, or the part of the request.
        what: String,
        /// Why.
        why: &'static str,
    },
    /// The transaction ended before its commit; none of its writes exist.
    #[error("transaction aborted: {}", match reason {
        AbortReason::Contention => "another transaction wrote the same rows",
        AbortReason::Ended => "it had ended already",
    })]
    Aborted {
        /// Why.
        reason: AbortReason,
    },
    /// The database cannot be reached, or did not answer in time.
    #[error("the database is unavailable")]
    Unavailable {
        /// What the driver said.
        source: Cause,
    },
    /// A stored value does not fit its type. The row was written by something else, or damaged.
    #[error("corrupt value in {table}.{column} of {id}")]
    Corrupt {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The row.
        id: String,
    },
    /// Anything else that the database refused.
    #[error("the database refused the request")]
    Backend {
        /// What the driver said.
        source: Cause,
    },
}

impl StoreError {
    /// Whether the same transaction, run again, may succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Aborted { reason: AbortReason::Contention })
    }

    /// Whether it ends the transaction that it happens in. A conflict does, because on some databases it must: so no service
    /// can come to rely on going on after one.
    #[must_use]
    pub const fn ends_transaction(&self) -> bool {
        !matches!(self, Self::NotFound { .. } | Self::Invalid { .. } | Self::Corrupt { .. })
    }

    /// Whether this is a conflict on the named index or primary key.
    #[must_use]
    pub fn is_conflict_on(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }

    /// [`StoreError::Unavailable`] with this cause.
    pub fn unavailable(source: impl Into<Cause>) -> Self {
        Self::Unavailable { source: source.into() }
    }

    /// [`StoreError::Backend`] with this cause.
    pub fn backend(source: impl Into<Cause>) -> Self {
        Self::Backend { source: source.into() }
    }

    /// Says that a transaction is over.
    #[must_use]
    pub const fn ended() -> Self {
        Self::Aborted { reason: AbortReason::Ended }
    }

    /// Says that a transaction met another transaction's write.
    #[must_use]
    pub const fn contention() -> Self {
        Self::Aborted { reason: AbortReason::Contention }
    }
}
