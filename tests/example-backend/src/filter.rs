//! Which rows a request means.

use std::cmp::Ordering;

use authsome_core::records::{Comparison, Predicate};
use authsome_core::value::Value;

use crate::table::{StoredRow, value};

/// Whether a row fulfils a predicate. The scope of the request is part of the predicate already.
pub(crate) fn holds(predicate: &Predicate, row: &StoredRow) -> bool {
    match predicate {
        Predicate::All(parts) => parts.iter().all(|part| holds(part, row)),
        Predicate::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Predicate::Compare { column, comparison, value: operand } => {
            // A null compares with nothing, so it fulfils no comparison: `<>` neither.
            compare(value(row, column), operand).is_some_and(|ordering| fulfils(ordering, *comparison))
        }
        Predicate::In { column, values } => values.contains(value(row, column)),
        Predicate::StartsWith { column, prefix } => {
            matches!(value(row, column), Value::Text(text) if text.starts_with(prefix))
        }
        Predicate::IsNull { column } => value(row, column).is_null(),
        Predicate::IsNotNull { column } => !value(row, column).is_null(),
    }
}

/// How two values compare: text and bytes byte for byte. `None` with null, and for JSON, which has no order.
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
