//! [`Change`].

use crate::records::{Comparison, Predicate};
use crate::value::Value;

/// A change of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The column becomes the value.
    Set {
        /// The column.
        column: &'static str,
        /// The value.
        value: Value,
    },
    /// The integer column, which holds a value, grows by the amount, which may be negative. An update that would take
    /// it out of its range matches no row.
    Increment {
        /// The column.
        column: &'static str,
        /// The amount.
        by: i64,
        /// The least value of the column.
        min: i64,
        /// The greatest value of the column.
        max: i64,
    },
}

impl Change {
    /// The condition that keeps the count in its range.
    pub(super) fn stays_in_range(&self) -> Option<Predicate> {
        let Self::Increment { column, by, min, max } = *self else { return None };
        let (comparison, bound) = if by >= 0 {
            (Comparison::LessOrEqual, max.saturating_sub(by))
        } else {
            (Comparison::GreaterOrEqual, min.saturating_sub(by))
        };
        Some(Predicate::Compare { column, comparison, value: Value::Int(bound) })
    }

    /// The column that changes.
    #[must_use]
    pub const fn column(&self) -> &'static str {
        match self {
            Self::Set { column, .. } | Self::Increment { column, .. } => column,
        }
    }
}
