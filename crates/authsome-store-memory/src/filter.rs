//! [`Condition`]: a predicate with columns as positions in a stored row.

use std::cmp::Ordering;

use authsome_core::error::StoreError;
use authsome_core::records::{Comparison, Predicate};
use authsome_core::schema::TableDef;
use authsome_core::value::Value;

use crate::layout::position_of;

/// What a row must fulfil. See [`Predicate`].
pub(crate) enum Condition<'r> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Compare { column: usize, comparison: Comparison, value: &'r Value },
    In { column: usize, values: &'r [Value] },
    StartsWith { column: usize, prefix: &'r str },
    Null { column: usize },
    NotNull { column: usize },
}

impl<'r> Condition<'r> {
    /// The predicate on a table.
    pub(crate) fn new(predicate: &'r Predicate, table: &TableDef) -> Result<Self, StoreError> {
        let all =
            |parts: &'r [Predicate]| parts.iter().map(|part| Self::new(part, table)).collect::<Result<_, StoreError>>();
        let at = |column: &str| position_of(table, column);
        Ok(match predicate {
            Predicate::All(parts) => Self::All(all(parts)?),
            Predicate::Any(parts) => Self::Any(all(parts)?),
            Predicate::Compare { column, comparison, value } => {
                Self::Compare { column: at(column)?, comparison: *comparison, value }
            }
            Predicate::In { column, values } => Self::In { column: at(column)?, values },
            Predicate::StartsWith { column, prefix } => Self::StartsWith { column: at(column)?, prefix },
            Predicate::IsNull { column } => Self::Null { column: at(column)? },
            Predicate::IsNotNull { column } => Self::NotNull { column: at(column)? },
        })
    }

    /// The condition that the columns hold these values, which are not null.
    pub(crate) fn equal(columns: impl IntoIterator<Item = (usize, &'r Value)>) -> Self {
        let compare = |(column, value)| Self::Compare { column, comparison: Comparison::Equal, value };
        Self::All(columns.into_iter().map(compare).collect())
    }

    /// Whether a row fulfils it.
    pub(crate) fn holds(&self, row: &[Value]) -> bool {
        let at = |column: &usize| row.get(*column).unwrap_or(&Value::Null);
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Compare { column, comparison, value } => {
                compare(at(column), value).is_some_and(|ordering| fulfils(ordering, *comparison))
            }
            Self::In { column, values } => {
                values.iter().any(|value| compare(at(column), value) == Some(Ordering::Equal))
            }
            Self::StartsWith { column, prefix } => {
                matches!(at(column), Value::Text(text) if text.starts_with(prefix))
            }
            Self::Null { column } => at(column).is_null(),
            Self::NotNull { column } => !at(column).is_null(),
        }
    }

    /// The conditions that must all hold, looking through [`Condition::All`].
    pub(crate) fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            _ => vec![self],
        }
    }
}

/// How two values of one type compare; `None` with null, and for JSON, which has no order.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

const fn fulfils(ordering: Ordering, comparison: Comparison) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}
