//! [`Failure`]: what a case reports, and the ways in which it is found.

use std::fmt;
use std::panic::Location;

use authsome_core::entropy::EntropyError;
use authsome_core::error::{AbortReason, Cause, StoreError};
use authsome_core::identity::IdentityError;
use authsome_core::migration::MigrateError;

/// A law that a backend broke: what was expected, what came, and where in the suite it was noticed.
#[derive(Clone, Debug)]
pub struct Failure {
    message: String,
    place: &'static Location<'static>,
}

impl Failure {
    /// A failure noticed where this is called.
    #[must_use]
    #[track_caller]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Location::caller() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  at {}", self.message, self.place)
    }
}

impl std::error::Error for Failure {}

/// What a case, or a part of one, ends with.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

macro_rules! from_errors {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            #[track_caller]
            fn from(error: $error) -> Self {
                Self::new(format!("unexpected error: {error:?}"))
            }
        }
    )*};
}

from_errors!(StoreError, MigrateError, EntropyError, IdentityError, Cause, tokio::task::JoinError);

/// Ends a case if a condition does not hold.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::failure::Failure::new(format!($($message)+)));
        }
    };
}

/// Ends a case where two values differ.
macro_rules! ensure_eq {
    ($actual:expr, $expected:expr $(,)?) => {
        $crate::failure::equal(&$actual, &$expected, "")?
    };
    ($actual:expr, $expected:expr, $($message:tt)+) => {
        $crate::failure::equal(&$actual, &$expected, &format!($($message)+))?
    };
}

pub(crate) use {ensure, ensure_eq};

/// A failure if the values differ.
#[track_caller]
pub(crate) fn equal<A, B>(actual: &A, expected: &B, what: &str) -> Outcome
where
    A: PartialEq<B> + fmt::Debug + ?Sized,
    B: fmt::Debug + ?Sized,
{
    if actual == expected {
        return Ok(());
    }
    let gap = if what.is_empty() { "" } else { ": " };
    Err(Failure::new(format!("{what}{gap}\n  expected {expected:?}\n  but got  {actual:?}")))
}

#[track_caller]
fn refused<T: fmt::Debug>(
    result: Result<T, StoreError>,
    expected: &str,
    fits: impl FnOnce(&StoreError) -> bool,
) -> Outcome {
    match result {
        Err(error) if fits(&error) => Ok(()),
        Err(error) => Err(Failure::new(format!("expected {expected}, but got the error {error:?}"))),
        Ok(value) => Err(Failure::new(format!("expected {expected}, but it was done: {value:?}"))),
    }
}

/// The result is a conflict on this constraint.
#[track_caller]
pub(crate) fn conflict<T: fmt::Debug>(result: Result<T, StoreError>, name: &str) -> Outcome {
    refused(result, &format!("a conflict on {name}"), |error| error.is_conflict_on(name))
}

/// The result is a dangling reference of this name.
#[track_caller]
pub(crate) fn reference<T: fmt::Debug>(result: Result<T, StoreError>, name: &str) -> Outcome {
    refused(
        result,
        &format!("the dangling reference {name}"),
        |error| matches!(error, StoreError::Reference { constraint } if constraint == name),
    )
}

/// The result is `NotFound`.
#[track_caller]
pub(crate) fn not_found<T: fmt::Debug>(result: Result<T, StoreError>) -> Outcome {
    refused(result, "NotFound", |error| matches!(error, StoreError::NotFound { .. }))
}

/// The result is `Invalid`.
#[track_caller]
pub(crate) fn invalid<T: fmt::Debug>(result: Result<T, StoreError>) -> Outcome {
    refused(result, "Invalid", |error| matches!(error, StoreError::Invalid { .. }))
}

/// The result is `Backend`.
#[track_caller]
pub(crate) fn backend<T: fmt::Debug>(result: Result<T, StoreError>) -> Outcome {
    refused(result, "Backend", |error| matches!(error, StoreError::Backend { .. }))
}

/// The result says that the transaction had ended.
#[track_caller]
pub(crate) fn ended<T: fmt::Debug>(result: Result<T, StoreError>) -> Outcome {
    refused(result, "Aborted because it had ended", |error| {
        matches!(error, StoreError::Aborted { reason: AbortReason::Ended })
    })
}

/// The result says that the store is unavailable.
#[track_caller]
pub(crate) fn unavailable<T: fmt::Debug>(result: Result<T, StoreError>) -> Outcome {
    refused(result, "Unavailable", |error| matches!(error, StoreError::Unavailable { .. }))
}

/// The value that must be there.
#[track_caller]
pub(crate) fn there<T>(value: Option<T>, what: &str) -> Outcome<T> {
    value.ok_or_else(|| Failure::new(format!("{what} is not there")))
}
