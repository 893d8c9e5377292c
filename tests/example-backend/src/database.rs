//! [`Database`]: one lock around an immutable state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authsome_core::error::StoreError;

use crate::table::State;

/// The published state. Whoever reads takes the pointer and looks at what it points to, which never changes; whoever writes
/// changes a copy and publishes it. So nobody ever sees a half-done change, and none survives an error.
pub(crate) struct Database {
    /// `None` once it is closed.
    published: Mutex<Option<Arc<State>>>,
    /// Held by the one who migrates.
    pub(crate) migrating: Arc<tokio::sync::Mutex<()>>,
}

impl Database {
    pub(crate) fn empty() -> Self {
        Self { published: Mutex::new(Some(Arc::default())), migrating: Arc::default() }
    }

    /// What is published now.
    pub(crate) fn snapshot(&self) -> Result<Arc<State>, StoreError> {
        self.lock().clone().ok_or_else(closed)
    }

    /// Does the work as a whole or not at all. The lock is held all the while: of callers that compare and change the same
    /// row at once, each sees what the one before it left.
    pub(crate) fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut State) -> Result<T, E>) -> Result<T, E> {
        let mut published = self.lock();
        let mut next = State::clone(published.as_ref().ok_or_else(closed)?);
        let done = work(&mut next)?;
        *published = Some(Arc::new(next));
        Ok(done)
    }

    /// Publishes `next` if what it was made from is still what is published: the first committer wins.
    pub(crate) fn publish(&self, base: &Arc<State>, next: State) -> Result<(), StoreError> {
        let mut published = self.lock();
        if !Arc::ptr_eq(published.as_ref().ok_or_else(closed)?, base) {
            return Err(StoreError::contention());
        }
        *published = Some(Arc::new(next));
        Ok(())
    }

    pub(crate) fn close(&self) {
        *self.lock() = None;
    }

    /// The pointer is replaced as a whole, so it is sound whatever panicked while the lock was held.
    fn lock(&self) -> MutexGuard<'_, Option<Arc<State>>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}
