//! [`Find`].

use std::marker::PhantomData;

use super::{Column, Entity, Filter, Listed, Page};
use crate::error::StoreError;
use crate::records::{
    Comparison, CountRequest, Direction, FindRequest, MAX_LIMIT, Order, Reach, Records, Row, Selection, TouchRequest,
};
use crate::store::StoreTx;
use crate::value::{ColumnValue, Ordered};

/// Finds entities.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Find<E> {
    rows: Selection,
    order: Option<Order>,
    limit: u32,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Find<E> {
    pub(crate) fn new(reach: Reach) -> Self {
        Self::of(Selection::new(E::table(), reach))
    }

    pub(super) fn of(rows: Selection) -> Self {
        Self { rows, order: None, limit: MAX_LIMIT, of: PhantomData }
    }

    /// Only those for which this holds too.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.rows.filter.push(filter.predicate);
        self
    }

    /// In the order of this column, and of the id where they agree. Without it: greatest id first.
    pub fn order_by<T: Ordered>(mut self, column: Column<E, T>, direction: Direction) -> Self {
        self.order = Some(Order { column: column.name, direction });
        self
    }

    /// Only entities with a text that begins with the prefix, in the order of the text: an index on it serves both.
    pub(crate) fn beginning_with<T: ColumnValue<Operand = String>>(self, column: Column<E, T>, prefix: &str) -> Self {
        let mut find = self.filter(column.starts_with(prefix));
        find.order = Some(Order { column: column.name, direction: Direction::Ascending });
        find
    }

    /// At most this many, between 1 and 1,000.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all<R: Records + ?Sized>(self, records: &R) -> Result<Vec<E>, StoreError> {
        self.rows(records).await?.into_iter().map(E::from_row).collect()
    }

    /// Runs it; logs and skips unreadable rows.
    pub(crate) async fn readable<R: Records + ?Sized>(self, records: &R) -> Result<Vec<E>, StoreError> {
        let read =
            |row| E::from_row(row).inspect_err(|error| tracing::error!(%error, "an unreadable row was skipped")).ok();
        Ok(self.rows(records).await?.into_iter().filter_map(read).collect())
    }

    async fn rows<R: Records + ?Sized>(self, records: &R) -> Result<Vec<Row>, StoreError> {
        let order = self.order.unwrap_or(Order { column: E::ID_COLUMN.name, direction: Direction::Descending });
        records.find(FindRequest::new(self.rows, order, self.limit)?).await
    }

    /// Runs it for the first one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn one<R: Records + ?Sized>(self, records: &R) -> Result<Option<E>, StoreError> {
        Ok(self.limit(1).all(records).await?.pop())
    }

    /// Runs it for a page, greatest id first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page<R: Records + ?Sized>(mut self, page: Page<E::Id>, records: &R) -> Result<Listed<E>, StoreError> {
        if let Some(after) = &page.after {
            self = self.filter(E::ID_COLUMN.against(Comparison::Less, after));
        }
        self.order = None;
        let data = self.limit(page.limit() + 1).all(records).await?;
        Ok(Listed::cut(data, page.limit()))
    }

    /// Runs it for all of them, greatest id first, without a limit: for sets that are always small and must be
    /// complete.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn every<R: Records + ?Sized>(self, records: &R) -> Result<Vec<E>, StoreError> {
        let (mut every, mut page) = (Vec::new(), Page::first(Page::<E::Id>::MAX_LIMIT));
        loop {
            let listed = self.clone().page(page, records).await?;
            every.extend(listed.data);
            match listed.next_cursor {
                Some(after) => page = Page::after(after, Page::<E::Id>::MAX_LIMIT),
                None => return Ok(every),
            }
        }
    }

    /// Counts them instead.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count<R: Records + ?Sized>(self, records: &R) -> Result<u64, StoreError> {
        records.count(CountRequest::new(self.rows)?).await
    }

    /// Writes the one row without changing it, so that transactions that touch it exclude each other, and says whether
    /// it exists. Guards rules that span rows, such as the last owner of an organization.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch<T: StoreTx + ?Sized>(self, tx: &T) -> Result<bool, StoreError> {
        tx.touch(TouchRequest::new(self.rows)?).await
    }
}
