//! [`Bug`]: the laws that [`Bent`](super::bent::Bent) breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use authsome_core::error::StoreError;

/// A law that is broken.
#[derive(Clone, Debug)]
pub(super) enum Bug {
    /// None.
    Nothing,
    /// Rising order comes out falling.
    OrderIsDropped,
    /// Text is ordered without regard to case.
    TextIsCollated,
    /// An empty text is read as no value.
    EmptyIsNull,
    /// Times lose what is finer than a second.
    SecondsOnly,
    /// A page starts with the row that it should start after.
    PageOverlaps,
    /// A row that holds no value is unequal to a value.
    NullIsUnequal,
    /// A find also sees another environment of the app.
    ScopeLeaks,
    /// An update goes by the id alone.
    ConditionIsIgnored,
    /// An update checks its condition, and then writes.
    CheckThenWrite,
    /// A row that is absent or not is written over.
    IfAbsentOverwrites,
    /// An upsert replaces the whole row.
    UpsertReplaces,
    /// A delete takes all.
    LimitIsIgnored,
    /// A conflict names the last unique key of the table.
    LastConflictIsNamed,
    /// A conflict is not told from other refusals.
    ConflictIsVague,
    /// What is rolled back stays.
    RollbackCommits,
    /// What is dropped stays.
    DropCommits,
    /// What is committed is gone.
    CommitForgets,
    /// A transaction reads outside of itself.
    ReadsOutside,
    /// A transaction writes outside of itself.
    WritesThrough,
    /// A transaction goes on after a conflict.
    ConflictIsForgiven,
    /// A call finds contention, this many times.
    Contention(Call, Arc<AtomicU32>),
    /// A commit finds the database gone.
    CommitIsUnavailable,
}

/// Where contention is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Begin,
    Insert,
    Commit,
}

impl Bug {
    pub(super) fn contend(&self, at: Call) -> Result<(), StoreError> {
        match self {
            Self::Contention(call, left)
                if *call == at
                    && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() =>
            {
                Err(StoreError::contention())
            }
            _ => Ok(()),
        }
    }
}
