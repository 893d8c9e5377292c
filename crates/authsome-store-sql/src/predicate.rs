//! [`Predicate`]s as SQL expressions that an index can serve: columns stand alone on the left.

use authsome_core::records::{Comparison, Predicate};
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

/// The parameter for a value that is not null.
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
    match successor(prefix) {
        Some(end) => from.and(Expr::col(column).lt(text(&end))),
        None => from,
    }
}

/// The least text greater than every text that begins with the prefix; `None` where there is none. UTF-8 orders bytes
/// as Unicode orders code points, so the last code point that has a next one is replaced by it.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = next_char(last) {
            return Some(chars.into_iter().chain([next]).collect());
        }
    }
    None
}

fn next_char(char: char) -> Option<char> {
    match char {
        '\u{D7FF}' => Some('\u{E000}'),
        other => char::from_u32(u32::from(other) + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn a_prefix_ends_before_the_next_code_point() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("a\u{7F}").as_deref(), Some("a\u{80}"));
        assert_eq!(successor("a\u{7FF}").as_deref(), Some("a\u{800}"));
        assert_eq!(successor("a\u{FFFF}").as_deref(), Some("a\u{10000}"));
    }

    #[test]
    fn a_prefix_skips_the_surrogates() {
        assert_eq!(successor("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
    }

    #[test]
    fn a_prefix_without_a_greater_last_code_point_carries() {
        assert_eq!(successor("a\u{10FFFF}\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10FFFF}"), None);
    }
}
