//! [`FindRequest`] and [`CountRequest`].

use super::check::check_limit;
use super::reach::Verb;
use super::{Selected, Selection};
use crate::error::StoreError;

/// Whether rows come smallest or greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// The order of rows: by a column that is never null, and by id where rows agree in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: &'static str,
    /// The direction, of the column and of the id alike.
    pub direction: Direction,
}

/// What is wanted of rows that are found.
#[derive(Clone, Debug)]
pub struct Find {
    order: Order,
    limit: u32,
}

/// Find rows.
pub type FindRequest = Selected<Find>;

impl FindRequest {
    pub(crate) fn new(rows: Selection, order: Order, limit: u32) -> Result<Self, StoreError> {
        check_limit(rows.table, limit)?;
        Self::bound(Verb::Find, rows, Find { order, limit })
    }

    /// In which order.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.wanted.order
    }

    /// The columns to sort by: none for at most one row, and no id after a unique column. An index then has the order,
    /// and nothing is sorted.
    #[must_use]
    pub fn sorted_by(&self) -> Vec<&'static str> {
        let (column, id) = (self.wanted.order.column, self.table().id.as_str());
        match () {
            () if self.tells_apart(None) => Vec::new(),
            () if column == id || self.tells_apart(Some(column)) => vec![column],
            () => vec![column, id],
        }
    }

    /// Whether a unique index makes a column different in all the rows; without a column, whether it allows one row at
    /// most.
    fn tells_apart(&self, column: Option<&str>) -> bool {
        let fixed = self.predicate().equalities();
        let is_fixed = |name: &str| column == Some(name) || fixed.iter().any(|(fixed, _)| *fixed == name);
        self.table().tells_apart(is_fixed, &self.predicate().nulls())
    }

    /// How many at most.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.wanted.limit
    }
}

/// What is wanted of rows that are counted.
#[derive(Clone, Debug)]
pub struct Count(());

/// Count rows.
pub type CountRequest = Selected<Count>;

impl CountRequest {
    pub(crate) fn new(rows: Selection) -> Result<Self, StoreError> {
        Self::bound(Verb::Count, rows, Count(()))
    }
}
