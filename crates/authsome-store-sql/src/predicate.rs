//! [`Predicate`]s as SQL expressions that an index can serve: columns stand alone on the left.

use authsome_core::records::{Comparison, Predicate, end_of_prefix};
use authsome_core::value::{ColumnType, Value};
use sea_orm::sea_query::{Expr, ExprTrait};

use crate::dialect::Dialect;

/// How many expressions are chained before they are grouped. Databases limit how deep an expression is (SQLite: 1,000),
/// and a chain is as deep as it is long.
const CHAIN: usize = 100;

/// The expression of a predicate.
pub(crate) fn expression(dialect: &dyn Dialect, predicate: &Predicate) -> Expr {
    match predicate {
        Predicate::All(parts) => all(expressions(dialect, parts)),
        Predicate::Any(parts) => any(expressions(dialect, parts)),
        Predicate::Compare { column, comparison, value } => {
            compare(Expr::col(*column), *comparison, parameter(dialect, value))
        }
        Predicate::In { values, .. } if values.is_empty() => nothing(),
        Predicate::In { column, values } => {
            Expr::col(*column).is_in(values.iter().map(|value| parameter(dialect, value)))
        }
        Predicate::StartsWith { column, prefix } => starts_with(dialect, column, prefix),
        Predicate::IsNull { column } => Expr::col(*column).is_null(),
        Predicate::IsNotNull { column } => Expr::col(*column).is_not_null(),
    }
}

/// All of them hold.
pub(crate) fn all(parts: Vec<Expr>) -> Expr {
    join(parts, |left, right| left.and(right)).unwrap_or_else(|| Expr::cust("1 = 1"))
}

fn any(parts: Vec<Expr>) -> Expr {
    join(parts, |left, right| left.or(right)).unwrap_or_else(nothing)
}

fn nothing() -> Expr {
    Expr::cust("1 = 0")
}

fn expressions(dialect: &dyn Dialect, parts: &[Predicate]) -> Vec<Expr> {
    parts.iter().map(|part| expression(dialect, part)).collect()
}

fn join(parts: Vec<Expr>, join_two: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    if parts.len() <= CHAIN {
        return parts.into_iter().reduce(join_two);
    }
    let mut rest = parts.into_iter();
    let groups = std::iter::from_fn(|| rest.by_ref().take(CHAIN).reduce(join_two)).collect();
    join(groups, join_two)
}

/// The parameter for a non-null value.
pub(crate) fn parameter(dialect: &dyn Dialect, value: &Value) -> sea_orm::Value {
    dialect.encode(value, value.column_type().unwrap_or(ColumnType::Text))
}

fn compare(column: Expr, comparison: Comparison, value: sea_orm::Value) -> Expr {
    match comparison {
        Comparison::Equal => column.eq(value),
        Comparison::NotEqual => column.ne(value),
        Comparison::Less => column.lt(value),
        Comparison::LessOrEqual => column.lte(value),
        Comparison::Greater => column.gt(value),
        Comparison::GreaterOrEqual => column.gte(value),
    }
}

/// A half-open range: from the prefix to the least text that is greater than all that begin with it.
fn starts_with(dialect: &dyn Dialect, column: &'static str, prefix: &str) -> Expr {
    let text = |text: &str| dialect.encode(&Value::Text(text.to_owned()), ColumnType::Text);
    let from = Expr::col(column).gte(text(prefix));
    match end_of_prefix(prefix) {
        Some(end) => from.and(Expr::col(column).lt(text(&end))),
        None => from,
    }
}
