//! [`MemoryTx`]: a writer that stays.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::records::TouchRequest;
use authsome_core::store::StoreTx;

use crate::database::Writer;
use crate::state::State;

/// A transaction: the one writer, from its begin to its end. Dropped, it leaves nothing and lets the next one in.
pub(crate) struct MemoryTx {
    /// `None` once it has ended.
    writer: Mutex<Option<Writer>>,
}

impl MemoryTx {
    pub(crate) fn new(writer: Writer) -> Self {
        Self { writer: Mutex::new(Some(writer)) }
    }

    fn run<T>(&self, verb: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut open = self.open();
        let writer = open.as_mut().ok_or_else(StoreError::ended)?;
        let result = writer.run(verb);
        if result.as_ref().is_err_and(StoreError::ends_transaction) {
            *open = None;
        }
        result
    }

    fn end(&self) -> Result<Writer, StoreError> {
        self.open().take().ok_or_else(StoreError::ended)
    }

    // A verb works on a copy, so the kept state is sound even after a panic.
    fn open(&self) -> MutexGuard<'_, Option<Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StoreTx for MemoryTx {
    /// Looks whether the row is there. No other transaction can touch it meanwhile.
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.run(|state| state.touch(&request))
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.end()?.publish()
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        self.end().map(drop)
    }
}

forward_records! {
    impl Records for MemoryTx: |tx, verb, request| { tx.run(|state| state.$verb(&request)) }
}
