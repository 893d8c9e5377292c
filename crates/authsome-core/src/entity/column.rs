//! [`Column`] and [`Filter`]: which entities a request means.

use std::marker::PhantomData;

use super::Entity;
use crate::records::{Comparison, Predicate};
use crate::value::{ColumnValue, Operand, Ordered};

/// A column of an entity, as a constant that the derive makes.
#[derive(Debug)]
pub struct Column<E, T> {
    pub(super) name: &'static str,
    pub(super) of: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Clone for Column<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Column<E, T> {}

impl<E, T> Column<E, T> {
    /// The column of this name. For the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    fn filter(self, predicate: Predicate) -> Filter<E> {
        Filter { predicate, of: PhantomData }
    }
}

impl<E: Entity, T: ColumnValue> Column<E, T> {
    fn compare(self, comparison: Comparison, value: impl Operand<T::Operand>) -> Filter<E> {
        self.filter(Predicate::Compare { column: self.name, comparison, value: value.operand() })
    }

    /// A comparison with a value as the column itself holds it.
    pub(super) fn against(self, comparison: Comparison, value: &T) -> Filter<E> {
        self.filter(Predicate::Compare { column: self.name, comparison, value: value.to_value() })
    }

    /// The column equals the value.
    pub fn eq(self, value: impl Operand<T::Operand>) -> Filter<E> {
        self.compare(Comparison::Equal, value)
    }

    /// The column holds a value other than this one.
    pub fn ne(self, value: impl Operand<T::Operand>) -> Filter<E> {
        self.compare(Comparison::NotEqual, value)
    }

    /// The column is one of the values.
    pub fn is_in<V: Operand<T::Operand>>(self, values: impl IntoIterator<Item = V>) -> Filter<E> {
        let values = values.into_iter().map(Operand::operand).collect();
        self.filter(Predicate::In { column: self.name, values })
    }

    /// The column holds no value.
    #[must_use]
    pub fn is_null(self) -> Filter<E> {
        self.filter(Predicate::IsNull { column: self.name })
    }

    /// The column holds a value.
    #[must_use]
    pub fn is_not_null(self) -> Filter<E> {
        self.filter(Predicate::IsNotNull { column: self.name })
    }
}

impl<E: Entity, T: ColumnValue> Column<E, T>
where
    T::Operand: Ordered,
{
    /// The column is less than the value.
    pub fn lt(self, value: impl Operand<T::Operand>) -> Filter<E> {
        self.compare(Comparison::Less, value)
    }

    /// The column is at most the value.
    pub fn le(self, value: impl Operand<T::Operand>) -> Filter<E> {
        self.compare(Comparison::LessOrEqual, value)
    }

    /// The column is greater than the value.
    pub fn gt(self, value: impl Operand<T::Operand>) -> Filter<E> {
        self.compare(Comparison::Greater, value)
    }

    /// The column is at least the value.
    pub fn ge(self, value: impl Operand<T::Operand>) -> Filter<E> {
        self.compare(Comparison::GreaterOrEqual, value)
    }
}

impl<E: Entity, T: ColumnValue<Operand = String>> Column<E, T> {
    /// The text begins with the prefix, which is not empty.
    pub fn starts_with(self, prefix: impl Into<String>) -> Filter<E> {
        self.filter(Predicate::StartsWith { column: self.name, prefix: prefix.into() })
    }
}

/// Which entities a request means.
#[derive(Clone, Debug)]
pub struct Filter<E> {
    pub(super) predicate: Predicate,
    pub(super) of: PhantomData<fn() -> E>,
}

impl<E> Filter<E> {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut parts = match self.predicate {
            Predicate::All(parts) => parts,
            single => vec![single],
        };
        parts.push(other.predicate);
        Self { predicate: Predicate::All(parts), of: PhantomData }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut parts = match self.predicate {
            Predicate::Any(parts) => parts,
            single => vec![single],
        };
        parts.push(other.predicate);
        Self { predicate: Predicate::Any(parts), of: PhantomData }
    }
}
