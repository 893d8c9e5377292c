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
    /// All of them hold; true where the list is empty.
    All(Vec<Predicate>),
    /// One of them holds; false where the list is empty.
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
    /// The column is one of the values, none of which is null; false where the list is empty.
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
    /// The columns that the rows must equal a value in, looking through [`Predicate::All`]: what a backend can use to
    /// pick an index.
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
