//! What is wrong with the fields of a request.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::Serialize;

use super::service::Error;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FieldError {
    /// The field, as a path such as `settings.session_ttl`; empty for the body as a whole.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Errors of several fields, so that the answer names all of them.
///
/// ```
/// use authsome_core::error::FieldErrors;
///
/// let mut errors = FieldErrors::default();
/// errors.require(true, "name", "a name is not empty");
/// errors.require(false, "slug", "a slug has no spaces");
/// let error = errors.into_result().unwrap_err();
/// assert_eq!(error.detail(), "slug: a slug has no spaces");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Notes an error of a field unless `holds` is true.
    pub fn require(&mut self, holds: bool, field: impl Into<String>, message: impl Into<String>) {
        if !holds {
            self.0.push(FieldError { field: field.into(), message: message.into() });
        }
    }

    /// Notes where a value does not lie within `range`.
    pub fn range<T: Copy + PartialOrd + Display>(&mut self, field: &str, value: T, range: RangeInclusive<T>) {
        let (least, most) = (range.start(), range.end());
        self.require(range.contains(&value), field, format!("it lies between {least} and {most}"));
    }

    /// Notes what is wrong with the fields of a part of the request, below the part's name.
    pub fn extend(&mut self, part: &str, errors: impl IntoIterator<Item = FieldError>) {
        for error in errors {
            self.require(false, format!("{part}.{}", error.field), error.message);
        }
    }

    /// Notes what else was found to be wrong.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors, in the order in which they were noted.
    #[must_use]
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }

    /// `Ok` without errors.
    ///
    /// # Errors
    /// `invalid_request` with every field that is wrong.
    pub fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid_fields(self.0)) }
    }
}
