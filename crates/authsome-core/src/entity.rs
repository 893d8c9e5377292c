//! Entities: structs that are rows of a table, and the typed requests on them.
//!
//! `#[derive(Entity)]` gives a struct its table, a typed constant for each column, and its row codec. Requests start at
//! the entity and take its scope first:
//!
//! ```ignore
//! User::find(&scope).filter(User::EMAIL_KEY.eq("a@example.com")).one(records).await?;
//! Session::update(&scope).filter(Session::ID.eq(id)).set(Session::REVOKED_AT, Some(now)).one(records).await?;
//! ```

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::records::{
    Change, Comparison, CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, MAX_LIMIT, Order,
    Predicate, Reach, Records, Row, TouchRequest, UpdateRequest, UpsertRequest,
};
use crate::schema::TableDef;
use crate::scope::ScopeKind;
use crate::store::StoreTx;
use crate::value::{ColumnValue, Counter, Operand, Ordered, Value};

pub use authsome_macros::Entity;

/// A struct that is a row of a table. Derived; see the crate's documentation of `authsome-macros`.
pub trait Entity: Clone + Send + Sync + Sized + 'static {
    /// How it is scoped.
    type Scope: ScopeKind;
    /// The type of its id.
    type Id: Ordered + Clone;

    /// The column of its id.
    const ID_COLUMN: Column<Self, Self::Id>;

    /// Its table.
    fn table() -> &'static TableDef;

    /// Its id.
    fn entity_id(&self) -> Self::Id;

    /// Where it lives.
    fn scope_key(&self) -> <Self::Scope as ScopeKind>::Key<'_>;

    /// Its values, in the order of the table's columns.
    fn to_row(&self) -> Row;

    /// The entity of a row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a value does not fit.
    fn from_row(row: Row) -> Result<Self, StoreError>;

    /// Finds entities of a scope.
    fn find(key: <Self::Scope as ScopeKind>::Key<'_>) -> Find<Self> {
        Find::new(Reach::within::<Self::Scope>(key))
    }

    /// Changes entities of a scope.
    fn update(key: <Self::Scope as ScopeKind>::Key<'_>) -> Update<Self> {
        Update { reach: Reach::within::<Self::Scope>(key), filter: Vec::new(), changes: Vec::new(), of: PhantomData }
    }

    /// Deletes entities of a scope.
    fn delete(key: <Self::Scope as ScopeKind>::Key<'_>) -> Delete<Self> {
        Delete { reach: Reach::within::<Self::Scope>(key), filter: Vec::new(), of: PhantomData }
    }

    /// Inserts this entity, or changes the one that agrees with it in a unique key.
    fn upsert(&self, key: <Self::Scope as ScopeKind>::Key<'_>) -> Upsert<Self> {
        Upsert {
            reach: Reach::within::<Self::Scope>(key),
            row: self.to_row(),
            on: vec![Self::ID_COLUMN.name],
            changes: Vec::new(),
            of: PhantomData,
        }
    }

    /// Inserts this entity.
    fn insert<R: Records + ?Sized>(
        &self,
        key: <Self::Scope as ScopeKind>::Key<'_>,
        records: &R,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let request = insert_request(key, std::slice::from_ref(self), false);
        async move { records.insert(request?).await.map(|_| ()) }
    }

    /// Inserts this entity where nothing is in conflict with it, and says whether it did. Never ends a transaction.
    fn insert_if_absent<R: Records + ?Sized>(
        &self,
        key: <Self::Scope as ScopeKind>::Key<'_>,
        records: &R,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let request = insert_request(key, std::slice::from_ref(self), true);
        async move { records.insert(request?).await.map(|inserted| inserted == 1) }
    }

    /// Inserts up to 500 entities of one scope, all or none.
    fn insert_all<R: Records + ?Sized>(
        entities: &[Self],
        key: <Self::Scope as ScopeKind>::Key<'_>,
        records: &R,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let request = insert_request(key, entities, false);
        async move { records.insert(request?).await.map(|_| ()) }
    }
}

fn insert_request<E: Entity>(
    key: <E::Scope as ScopeKind>::Key<'_>,
    entities: &[E],
    if_absent: bool,
) -> Result<InsertRequest, StoreError> {
    let rows = entities.iter().map(E::to_row).collect();
    InsertRequest::new(E::table(), &Reach::within::<E::Scope>(key), rows, if_absent)
}

/// A column of an entity, as a constant that the derive makes.
#[derive(Debug)]
pub struct Column<E, T> {
    name: &'static str,
    of: PhantomData<fn() -> (E, T)>,
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
    predicate: Predicate,
    of: PhantomData<fn() -> E>,
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

/// A page of a list: what to start after, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// The last id of the page before; `None` for the first page.
    pub after: Option<Id>,
    /// How many at most; core cuts it to 1 to 200.
    pub limit: u32,
}

impl<Id> Page<Id> {
    /// What a list returns where nothing is asked for.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// The most that a list returns.
    pub const MAX_LIMIT: u32 = 200;

    /// The first page of `limit` entities.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// The page of `limit` entities after `id`.
    #[must_use]
    pub const fn after(id: Id, limit: u32) -> Self {
        Self { after: Some(id), limit }
    }
}

impl<Id> Default for Page<Id> {
    fn default() -> Self {
        Self::first(Self::DEFAULT_LIMIT)
    }
}

/// A page that was found, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<E, Id> {
    /// The entities.
    pub data: Vec<E>,
    /// What the next page starts after; `None` on the last page.
    pub next_cursor: Option<Id>,
}

/// Finds entities.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Find<E> {
    reach: Reach,
    filter: Vec<Predicate>,
    order: Option<Order>,
    limit: u32,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Find<E> {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, filter: Vec::new(), order: None, limit: MAX_LIMIT, of: PhantomData }
    }

    /// Only those for which this holds too.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.filter.push(filter.predicate);
        self
    }

    /// In the order of this column, and of the id where they agree. Without it: greatest id first.
    pub fn order_by<T: Ordered>(mut self, column: Column<E, T>, direction: Direction) -> Self {
        self.order = Some(Order { column: column.name, direction });
        self
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

    /// Runs it and leaves out what cannot be read, which is logged.
    pub(crate) async fn readable<R: Records + ?Sized>(self, records: &R) -> Result<Vec<E>, StoreError> {
        let read = |row| E::from_row(row).inspect_err(|error| tracing::error!(%error, "a row is left out")).ok();
        Ok(self.rows(records).await?.into_iter().filter_map(read).collect())
    }

    async fn rows<R: Records + ?Sized>(self, records: &R) -> Result<Vec<Row>, StoreError> {
        let order = self.order.unwrap_or(Order { column: E::ID_COLUMN.name, direction: Direction::Descending });
        records.find(FindRequest::new(E::table(), &self.reach, self.filter, order, self.limit)?).await
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
    pub async fn page<R: Records + ?Sized>(
        mut self,
        page: Page<E::Id>,
        records: &R,
    ) -> Result<Listed<E, E::Id>, StoreError> {
        let limit = page.limit.clamp(1, Page::<E::Id>::MAX_LIMIT);
        if let Some(after) = page.after {
            self.filter.push(Predicate::Compare {
                column: E::ID_COLUMN.name,
                comparison: Comparison::Less,
                value: after.to_value(),
            });
        }
        self.order = None;
        let mut data = self.limit(limit + 1).all(records).await?;
        let more = data.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            data.pop();
        }
        let next_cursor = if more { data.last().map(E::entity_id) } else { None };
        Ok(Listed { data, next_cursor })
    }

    /// Counts them instead.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count<R: Records + ?Sized>(self, records: &R) -> Result<u64, StoreError> {
        records.count(CountRequest::new(E::table(), &self.reach, self.filter)?).await
    }

    /// Writes the one row without changing it, so that transactions that touch it exclude each other, and says whether
    /// it is there. Guards rules that span rows, such as the last owner of an organization.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch<T: StoreTx + ?Sized>(self, tx: &T) -> Result<bool, StoreError> {
        tx.touch(TouchRequest::new(E::table(), &self.reach, self.filter)?).await
    }
}

/// Changes entities.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Update<E> {
    reach: Reach,
    filter: Vec<Predicate>,
    changes: Vec<Change>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Update<E> {
    /// Only those for which this holds too.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.filter.push(filter.predicate);
        self
    }

    /// The column becomes the value.
    pub fn set<T: ColumnValue>(mut self, column: Column<E, T>, value: T) -> Self {
        self.changes.push(Change::Set { column: column.name, value: value.to_value() });
        self
    }

    /// The count grows by the amount, which may be negative. Nothing matches where that would take it out of the range of
    /// its type.
    pub fn increment<T: Counter>(mut self, column: Column<E, T>, by: i64) -> Self {
        self.changes.push(increment(column, by));
        self
    }

    /// Every column of `entity` but its id and scope becomes the entity's.
    pub fn set_all(mut self, entity: &E) -> Self {
        let table = E::table();
        let key = table.primary_key();
        for (column, value) in table.columns.iter().zip(entity.to_row()) {
            if !key.contains(&column.name) {
                self.changes.push(Change::Set { column: static_name(table, &column.name), value });
            }
        }
        self
    }

    /// Changes the one entity that the filter names by its id or a unique key, if the rest of the filter holds, and
    /// returns it as it is afterwards. `None` where the filter did not hold.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`]; [`StoreError::Invalid`] where the filter may mean several.
    pub async fn one<R: Records + ?Sized>(self, records: &R) -> Result<Option<E>, StoreError> {
        let request = UpdateRequest::one(E::table(), &self.reach, self.filter, self.changes)?;
        records.update(request).await?.map(E::from_row).transpose()
    }

    /// The same, for an entity that must be there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not, and those of [`Update::one`].
    pub async fn existing<R: Records + ?Sized>(self, records: &R) -> Result<E, StoreError> {
        self.one(records).await?.ok_or_else(|| StoreError::NotFound { table: E::table().name.clone() })
    }

    /// Changes all of them and says how many there were.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Reference`].
    pub async fn all<R: Records + ?Sized>(self, records: &R) -> Result<u64, StoreError> {
        records.update_all(UpdateRequest::all(E::table(), &self.reach, self.filter, self.changes)?).await
    }
}

fn increment<E, T: Counter>(column: Column<E, T>, by: i64) -> Change {
    Change::Increment { column: column.name, by, min: T::MIN, max: T::MAX }
}

fn static_name(table: &'static TableDef, name: &str) -> &'static str {
    table.find_column(name).map_or("", |column| column.name.as_str())
}

/// Deletes entities.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Delete<E> {
    reach: Reach,
    filter: Vec<Predicate>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Delete<E> {
    pub(crate) fn unbound() -> Self {
        Self { reach: Reach::unbound(), filter: Vec::new(), of: PhantomData }
    }

    /// Only those for which this holds too.
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.filter.push(filter.predicate);
        self
    }

    /// Deletes at most `limit` of them (1 to 1,000) and says how many: a bounded batch.
    ///
    /// # Errors
    /// [`StoreError::Reference`] where one is referred to by `Restrict`.
    pub async fn batch<R: Records + ?Sized>(self, limit: u32, records: &R) -> Result<u64, StoreError> {
        records.delete(DeleteRequest::new(E::table(), &self.reach, self.filter, limit)?).await
    }

    /// Deletes the one with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there, [`StoreError::Reference`].
    pub async fn by_id<R: Records + ?Sized>(self, id: &E::Id, records: &R) -> Result<(), StoreError> {
        let predicate =
            Predicate::Compare { column: E::ID_COLUMN.name, comparison: Comparison::Equal, value: id.to_value() };
        let filter = Filter { predicate, of: PhantomData };
        match self.filter(filter).batch(1, records).await? {
            0 => Err(StoreError::NotFound { table: E::table().name.clone() }),
            _ => Ok(()),
        }
    }
}

/// Inserts an entity, or changes the one that is there.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is run"]
pub struct Upsert<E> {
    reach: Reach,
    row: Row,
    on: Vec<&'static str>,
    changes: Vec<Change>,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Upsert<E> {
    /// Goes by this unique key instead of the id; name its columns in the order of their declaration, without the
    /// scope's.
    pub fn on<T>(mut self, column: Column<E, T>) -> Self {
        if self.on == [E::ID_COLUMN.name] {
            self.on.clear();
        }
        self.on.push(column.name);
        self
    }

    /// Of an entity that is there already, the column becomes the value.
    pub fn set<T: ColumnValue>(mut self, column: Column<E, T>, value: T) -> Self {
        self.changes.push(Change::Set { column: column.name, value: value.to_value() });
        self
    }

    /// Of an entity that is there already, the count grows by the amount.
    pub fn increment<T: Counter>(mut self, column: Column<E, T>, by: i64) -> Self {
        self.changes.push(increment(column, by));
        self
    }

    /// Runs it and returns what is there afterwards.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on another key, [`StoreError::Reference`].
    pub async fn run<R: Records + ?Sized>(self, records: &R) -> Result<E, StoreError> {
        let request = UpsertRequest::new(E::table(), &self.reach, self.row, &self.on, self.changes)?;
        E::from_row(records.upsert(request).await?)
    }
}

/// Reads the values of a row one by one. For the derive.
#[doc(hidden)]
#[derive(Debug)]
pub struct RowReader {
    table: &'static TableDef,
    values: std::vec::IntoIter<Value>,
    position: usize,
    id: String,
}

impl RowReader {
    #[must_use]
    pub fn new(table: &'static TableDef, row: Row) -> Self {
        let id = match table.value_of(&row, &table.id) {
            Some(Value::Text(text)) => text.clone(),
            _ => "?".to_owned(),
        };
        Self { table, values: row.into_iter(), position: 0, id }
    }

    /// The next value.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it does not fit.
    pub fn next<T: ColumnValue>(&mut self) -> Result<T, StoreError> {
        let column = self.table.columns.get(self.position);
        self.position += 1;
        let value = self.values.next();
        value.and_then(|value| T::from_value(value).ok()).ok_or_else(|| StoreError::Corrupt {
            table: self.table.name.clone(),
            column: column.map_or_else(String::new, |column| column.name.clone()),
            id: self.id.clone(),
        })
    }
}

/// A column's definition for a field of type `T`. For the derive.
#[doc(hidden)]
#[must_use]
pub fn column_of<T: ColumnValue>(name: &str, max_len: Option<u32>) -> crate::schema::ColumnDef {
    let mut column = crate::schema::ColumnDef::new(name, T::TYPE);
    column.nullable = T::NULLABLE;
    column.max_len = T::MAX_LEN.or(column.max_len);
    if max_len.is_some() {
        column.max_len = max_len;
    }
    column
}
