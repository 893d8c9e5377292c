//! [`Database`]: the published state, and the lock of its one writer.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use authsome_core::error::StoreError;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::Refusal;
use crate::state::State;

/// The published state and the lock of its one writer.
pub(crate) struct Database {
    /// `None` once it is closed.
    published: RwLock<Option<State>>,
    writer: Arc<Mutex<()>>,
}

impl Database {
    pub(crate) fn empty() -> Self {
        Self { published: RwLock::new(Some(State::empty())), writer: Arc::default() }
    }

    /// What is published now.
    pub(crate) fn snapshot(&self) -> Result<State, StoreError> {
        self.read().clone().ok_or_else(|| Refusal::Closed.into())
    }

    /// Waits for the writer's lock, at most this long. Waiting takes a runtime with its timer enabled.
    ///
    /// # Errors
    /// [`StoreError::Aborted`] for contention, [`StoreError::Unavailable`].
    pub(crate) async fn writer(self: &Arc<Self>, patience: Duration) -> Result<Writer, StoreError> {
        let lock = || Arc::clone(&self.writer);
        let guard = match lock().try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => {
                tokio::time::timeout(patience, lock().lock_owned()).await.map_err(|_| StoreError::contention())?
            }
        };
        Ok(Writer { state: self.snapshot()?, database: Arc::clone(self), _guard: guard })
    }

    /// Forgets everything. A writer that is at work has nowhere to publish to.
    pub(crate) fn close(&self) {
        *self.write() = None;
    }

    // What the lock guards is replaced as a whole, so it is sound whatever panicked while holding it.
    fn read(&self) -> RwLockReadGuard<'_, Option<State>> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<State>> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one writer, with its copy of the state. Dropped, it leaves nothing.
pub(crate) struct Writer {
    pub(crate) state: State,
    database: Arc<Database>,
    _guard: OwnedMutexGuard<()>,
}

impl Writer {
    /// Does the work on the copy, as a whole or not at all.
    pub(crate) fn run<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.database.read().is_none() {
            return Err(StoreError::from(Refusal::Closed).into());
        }
        let mut next = self.state.clone();
        let done = work(&mut next)?;
        self.state = next;
        Ok(done)
    }

    /// Makes the copy what everyone sees from now on.
    pub(crate) fn publish(self) -> Result<(), StoreError> {
        match &mut *self.database.write() {
            Some(published) => *published = self.state,
            None => return Err(Refusal::Closed.into()),
        }
        Ok(())
    }
}
