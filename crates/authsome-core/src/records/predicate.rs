//! Which rows a request means.

use crate::value::Value;

/// How a column is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Which rows a request means. A comparison with a null column is false, whatever the comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// All of them hold; true for an empty list.
    All(Vec<Predicate>),
    /// One of them holds; false for an empty list.
    Any(Vec<Predicate>),
    /// The column compares with the value, which is never null.
    Compare {
        /// The column.
        column: &'static str,
        /// How.
        comparison: Comparison,
        /// With what.
        value: Value,
    },
    /// The column is one of the values, which are never null; false for an empty list.
    In {
        /// The column.
        column: &'static str,
        /// The values.
        values: Vec<Value>,
    },
    /// The text column begins with the prefix, byte for byte.
    StartsWith {
        /// The column.
        column: &'static str,
        /// The prefix, never empty.
        prefix: String,
    },
    /// The column holds no value.
    IsNull {
        /// The column.
        column: &'static str,
    },
    /// The column holds a value.
    IsNotNull {
        /// The column.
        column: &'static str,
    },
}

impl Predicate {
    /// The columns that must equal a value, looking through [`Predicate::All`]: a backend can pick an index by them.
    #[must_use]
    pub fn equalities(&self) -> Vec<(&'static str, &Value)> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::equalities).collect(),
            Self::Compare { column, comparison: Comparison::Equal, value } => vec![(column, value)],
            _ => Vec::new(),
        }
    }

    /// The columns that must hold no value, looking through [`Predicate::All`].
    #[must_use]
    pub fn nulls(&self) -> Vec<&'static str> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::nulls).collect(),
            Self::IsNull { column } => vec![column],
            _ => Vec::new(),
        }
    }
}

/// The least text greater than every text with the prefix, if one exists. UTF-8 orders bytes as Unicode orders code
/// points, so the last code point with a successor is replaced by it.
#[must_use]
pub fn end_of_prefix(prefix: &str) -> Option<String> {
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
    use super::end_of_prefix;

    #[test]
    fn a_prefix_ends_before_the_next_code_point() {
        assert_eq!(end_of_prefix("ab").as_deref(), Some("ac"));
        assert_eq!(end_of_prefix("a\u{7F}").as_deref(), Some("a\u{80}"));
        assert_eq!(end_of_prefix("a\u{7FF}").as_deref(), Some("a\u{800}"));
        assert_eq!(end_of_prefix("a\u{FFFF}").as_deref(), Some("a\u{10000}"));
    }

    #[test]
    fn a_prefix_skips_the_surrogates() {
        assert_eq!(end_of_prefix("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
    }

    #[test]
    fn a_prefix_without_a_greater_last_code_point_carries() {
        assert_eq!(end_of_prefix("a\u{10FFFF}\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(end_of_prefix("\u{10FFFF}"), None);
    }
}
