//! Connections that must not be used again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Of the connections of a pool, those that were open at a moment are used up once they are released.
#[derive(Debug, Default)]
pub(crate) struct Retirement(Mutex<Option<Instant>>);

impl Retirement {
    /// Retires the open connections.
    pub(crate) fn retire(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age was open then.
    pub(crate) fn covers(&self, age: Duration) -> bool {
        let retired = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        retired.is_some_and(|at| at.elapsed() <= age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_open_is_retired_and_what_is_opened_later_is_not() {
        let retirement = Retirement::default();
        assert!(!retirement.covers(Duration::MAX));
        retirement.retire();
        assert!(retirement.covers(Duration::from_secs(3_600)));
        assert!(!retirement.covers(Duration::ZERO));
    }
}
