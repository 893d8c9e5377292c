//! [`ExampleTx`]: a transaction.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, TouchRequest, UpdateRequest, UpsertRequest,
};
use authsome_core::store::StoreTx;

use crate::database::Database;
use crate::table::State;

/// A transaction. It holds no lock between its calls, so one that is dropped leaves nothing and keeps nobody waiting.
pub(crate) struct ExampleTx {
    database: Arc<Database>,
    /// `None` once it has ended.
    work: Mutex<Option<Work>>,
}

/// The state at its begin, and that state with its own writes.
struct Work {
    base: Arc<State>,
    state: State,
    wrote: bool,
}

impl ExampleTx {
    pub(crate) fn begin(database: Arc<Database>) -> Result<Self, StoreError> {
        let base = database.snapshot()?;
        let work = Work { state: State::clone(&base), base, wrote: false };
        Ok(Self { database, work: Mutex::new(Some(work)) })
    }

    fn read<T>(&self, verb: impl FnOnce(&State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.run(|work| verb(&work.state))
    }

    fn write<T>(&self, verb: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.run(|work| {
            work.wrote = true;
            verb(&mut work.state)
        })
    }

    fn run<T>(&self, verb: impl FnOnce(&mut Work) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut open = self.open();
        let work = open.as_mut().ok_or_else(StoreError::ended)?;
        let result = self.database.snapshot().and_then(|_| verb(work));
        if result.as_ref().is_err_and(StoreError::ends_transaction) {
            *open = None;
        }
        result
    }

    fn end(&self) -> Result<Work, StoreError> {
        self.open().take().ok_or_else(StoreError::ended)
    }

    /// A verb that panics leaves its own copy half changed, and the transaction is dropped with it.
    fn open(&self) -> MutexGuard<'_, Option<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StoreTx for ExampleTx {
    /// A write that changes nothing: of two transactions that touch the same row, only the first commits. Rules that span
    /// rows stand on it, such as that an organization keeps an owner.
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.write(|state| state.touch(&request))
    }

    /// A transaction that wrote nothing has nothing that could be in the way of another's.
    async fn commit(&self) -> Result<(), StoreError> {
        let work = self.end()?;
        if work.wrote { self.database.publish(&work.base, work.state) } else { self.database.snapshot().map(drop) }
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        self.end().map(drop)
    }
}

#[async_trait]
impl Records for ExampleTx {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        self.write(|state| state.insert(&request))
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.read(|state| state.find(&request))
    }

    async fn count(&self, request: CountRequest) -> Result<u64, StoreError> {
        self.read(|state| state.count(&request))
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.write(|state| state.update(&request))
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.write(|state| state.update_all(&request))
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        self.write(|state| state.upsert(&request))
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.write(|state| state.delete(&request))
    }
}
