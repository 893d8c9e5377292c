//! [`Bent`]: a backend around the memory store that breaks one law.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use authsome_core::entity::{Entity, Filter};
use authsome_core::error::{Cause, StoreError};
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::records::{
    Change, Comparison, CountRequest, DeleteRequest, Direction, FindRequest, InsertRequest, Predicate, Records, Row,
    TouchRequest, UpdateRequest, UpsertRequest,
};
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::store::{Store, StoreTx};
use authsome_core::time::Timestamp;
use authsome_core::value::Value;
use authsome_store_memory::MemoryStore;

use crate::backend::{Backend, Database, prepare};
use crate::fixture::{Item, Raw, homes, raw};

/// A law that is broken.
#[derive(Clone, Debug)]
pub(super) enum Bug {
    /// None.
    Nothing,
    /// Rising order comes out falling.
    OrderIsDropped,
    /// Text is ordered without regard to case.
    TextIsCollated,
    /// An empty text is read as no value.
    EmptyIsNull,
    /// Times lose what is finer than a second.
    SecondsOnly,
    /// A page starts with the row that it should start after.
    PageOverlaps,
    /// A row that holds no value is unequal to a value.
    NullIsUnequal,
    /// A find also sees another environment of the app.
    ScopeLeaks,
    /// An update goes by the id alone.
    ConditionIsIgnored,
    /// An update checks its condition, and then writes.
    CheckThenWrite,
    /// A row that is absent or not is written over.
    IfAbsentOverwrites,
    /// An upsert replaces the whole row.
    UpsertReplaces,
    /// A delete takes all.
    LimitIsIgnored,
    /// A conflict names the last unique key of the table.
    LastConflictIsNamed,
    /// A conflict is not told from other refusals.
    ConflictIsVague,
    /// What is rolled back stays.
    RollbackCommits,
    /// What is dropped stays.
    DropCommits,
    /// What is committed is gone.
    CommitForgets,
    /// A transaction reads outside of itself.
    ReadsOutside,
    /// A transaction writes outside of itself.
    WritesThrough,
    /// A transaction goes on after a conflict.
    ConflictIsForgiven,
    /// A call finds contention, this many times.
    Contention(Call, Arc<AtomicU32>),
    /// A commit finds the database gone.
    CommitIsUnavailable,
}

/// Where contention is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Begin,
    Insert,
    Commit,
}

impl Bug {
    fn contend(&self, at: Call) -> Result<(), StoreError> {
        match self {
            Self::Contention(call, left)
                if *call == at
                    && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() =>
            {
                Err(StoreError::contention())
            }
            _ => Ok(()),
        }
    }
}

/// Makes memory databases with a bug.
pub(super) struct Bent(pub(super) Bug);

struct BentDatabase(Arc<BentStore>);

/// A store with a bug.
pub(super) struct BentStore {
    inner: Arc<dyn Store>,
    bug: Bug,
}

struct BentTx {
    inner: Mutex<Arc<dyn StoreTx>>,
    store: Arc<dyn Store>,
    bug: Bug,
}

impl Bent {
    pub(super) fn store(&self) -> Arc<BentStore> {
        Arc::new(BentStore { inner: Arc::new(MemoryStore::new()), bug: self.0.clone() })
    }
}

#[async_trait]
impl Backend for Bent {
    fn name(&self) -> &str {
        "bent"
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        Ok(Box::new(BentDatabase(self.store())))
    }

    async fn prepared(&self) -> Result<Box<dyn Database>, Cause> {
        let store = self.store();
        prepare(store.inner.as_ref()).await?;
        Ok(Box::new(BentDatabase(store)))
    }
}

#[async_trait]
impl Database for BentDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<BentStore>::clone(&self.0)
    }

    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(self.store())
    }
}

/// The filter that a predicate on items stands for, with a change to each comparison.
fn filter(predicate: &Predicate, bend: &impl Fn(&'static str, Comparison) -> Comparison) -> Filter<Item> {
    let any = || Item::ID.is_not_null();
    let none = || Item::ID.is_in(Vec::<String>::new());
    match predicate {
        Predicate::All(parts) => parts.iter().fold(any(), |all, part| all.and(filter(part, bend))),
        Predicate::Any(parts) => parts.iter().fold(none(), |all, part| all.or(filter(part, bend))),
        Predicate::Compare { column, comparison, value } => {
            let (found, value) = (raw::<Item>(column), Raw(value.clone()));
            match bend(column, *comparison) {
                Comparison::Equal => found.eq(value),
                Comparison::NotEqual => found.ne(value),
                Comparison::Less => found.lt(value),
                Comparison::LessOrEqual => found.le(value),
                Comparison::Greater => found.gt(value),
                Comparison::GreaterOrEqual => found.ge(value),
            }
        }
        Predicate::In { column, values } => raw::<Item>(column).is_in(values.iter().cloned().map(Raw)),
        Predicate::StartsWith { column, prefix } => {
            authsome_core::entity::Column::<Item, String>::new(column).starts_with(prefix)
        }
        Predicate::IsNull { column } => raw::<Item>(column).is_null(),
        Predicate::IsNotNull { column } => raw::<Item>(column).is_not_null(),
    }
}

/// The scope that a request on items is bound to, where it is one of the suite's homes.
fn scope_of(table: &TableDef, predicate: &Predicate) -> Option<Scope> {
    if table.name != Item::table().name {
        return None;
    }
    let equalities = predicate.equalities();
    let value = |name: &str| equalities.iter().find(|(column, _)| *column == name).map(|(_, value)| (*value).clone());
    let matches = |scope: &Scope| {
        value("app_id") == Some(Value::Text(scope.app_id.to_string()))
            && value("env_id") == Some(Value::Text(scope.env_id.to_string()))
    };
    homes().into_iter().map(|home| home.scope).find(matches)
}

fn id_of(predicate: &Predicate) -> Option<String> {
    predicate.equalities().into_iter().find_map(|(column, value)| match value {
        Value::Text(id) if column == "id" => Some(id.clone()),
        _ => None,
    })
}

const STRAIGHT: fn(&'static str, Comparison) -> Comparison = |_, comparison| comparison;

async fn find(bug: &Bug, db: &dyn Records, request: FindRequest) -> Result<Vec<Row>, StoreError> {
    let (table, order, limit) = (request.table(), request.order(), request.limit());
    let scope = scope_of(table, request.predicate());
    let predicate = request.predicate().clone();
    let again = |scope: &Scope, filter: Filter<Item>| {
        Item::find(scope).filter(filter).order_by(raw::<Item>(order.column), order.direction).limit(limit)
    };
    let rows_of = |items: Vec<Item>| items.iter().map(Item::to_row).collect::<Vec<Row>>();
    let mut rows = match (bug, scope) {
        (Bug::PageOverlaps, Some(scope)) => {
            let bend = |column: &'static str, comparison| match comparison {
                Comparison::Less if column == "id" => Comparison::LessOrEqual,
                other => other,
            };
            rows_of(again(&scope, filter(&predicate, &bend)).all(db).await?)
        }
        (Bug::NullIsUnequal, Some(scope)) => {
            let nulls = match &predicate {
                Predicate::All(parts) => parts.iter().find_map(|part| match part {
                    Predicate::Compare { column, comparison: Comparison::NotEqual, .. } => Some(*column),
                    _ => None,
                }),
                _ => None,
            };
            match nulls {
                Some(column) => {
                    let unequal = filter(&predicate, &STRAIGHT).or(raw::<Item>(column).is_null());
                    rows_of(again(&scope, unequal).all(db).await?)
                }
                None => db.find(request).await?,
            }
        }
        (Bug::ScopeLeaks, Some(scope)) => {
            let mut rows = db.find(request).await?;
            let other = homes()[1].scope;
            if other != scope && id_of(&predicate).is_none() {
                rows.extend(rows_of(Item::find(&other).all(db).await?));
            }
            rows
        }
        _ => db.find(request).await?,
    };
    for (value, column) in rows.iter_mut().flat_map(|row| row.iter_mut().zip(&table.columns)) {
        match (bug, value.clone()) {
            (Bug::EmptyIsNull, Value::Text(text)) if text.is_empty() && column.nullable => *value = Value::Null,
            (Bug::SecondsOnly, Value::Time(time)) => {
                let whole = Timestamp::from_millis(time.as_millis().div_euclid(1_000) * 1_000);
                *value = Value::Time(whole.unwrap_or(time));
            }
            _ => {}
        }
    }
    if matches!(bug, Bug::OrderIsDropped) && order.direction == Direction::Ascending {
        rows.reverse();
    }
    if matches!(bug, Bug::TextIsCollated) {
        rows.sort_by_key(|row| match table.value_of(row, order.column) {
            Some(Value::Text(text)) => text.to_lowercase(),
            _ => String::new(),
        });
        if order.direction == Direction::Descending {
            rows.reverse();
        }
    }
    Ok(rows)
}

async fn insert(bug: &Bug, db: &dyn Records, request: InsertRequest) -> Result<u64, StoreError> {
    bug.contend(Call::Insert)?;
    let table = request.table();
    if let (Bug::IfAbsentOverwrites, true, "conformance_items") = (bug, request.if_absent(), table.name.as_str()) {
        for row in request.rows() {
            let item = Item::from_row(row.clone())?;
            if Item::find(&item.scope).filter(Item::ID.eq(&item.id)).count(db).await? == 0 {
                item.insert(&item.scope, db).await?;
            } else {
                Item::update(&item.scope).filter(Item::ID.eq(&item.id)).set_all(&item).one(db).await?;
            }
        }
        return Ok(1);
    }
    bent(bug, table, db.insert(request).await)
}

async fn update(bug: &Bug, db: &dyn Records, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
    let table = request.table();
    let (scope, id) = (scope_of(table, request.predicate()), id_of(request.predicate()));
    let (Bug::ConditionIsIgnored | Bug::CheckThenWrite, Some(scope), Some(id)) = (bug, scope, id) else {
        return bent(bug, table, db.update(request).await);
    };
    if matches!(bug, Bug::CheckThenWrite) {
        let held = Item::find(&scope).filter(filter(request.predicate(), &STRAIGHT)).count(db).await?;
        tokio::task::yield_now().await;
        if held == 0 {
            return Ok(None);
        }
    }
    let mut again = Item::update(&scope).filter(Item::ID.eq(id));
    for change in request.changes() {
        again = match change {
            Change::Set { column, value } => again.set(raw::<Item>(column), Raw(value.clone())),
            Change::Increment { column, by, .. } => again.increment(raw::<Item>(column), *by),
        };
    }
    Ok(again.one(db).await?.map(|item| item.to_row()))
}

async fn upsert(bug: &Bug, db: &dyn Records, request: UpsertRequest) -> Result<Row, StoreError> {
    let table = request.table();
    if let (Bug::UpsertReplaces, "conformance_items") = (bug, table.name.as_str()) {
        let item = Item::from_row(request.row().clone())?;
        Item::delete(&item.scope).filter(Item::ID.eq(&item.id)).batch(1, db).await?;
        item.insert(&item.scope, db).await?;
        return Ok(item.to_row());
    }
    bent(bug, table, db.upsert(request).await)
}

async fn delete(bug: &Bug, db: &dyn Records, request: DeleteRequest) -> Result<u64, StoreError> {
    match (bug, scope_of(request.table(), request.predicate())) {
        (Bug::LimitIsIgnored, Some(scope)) => {
            Item::delete(&scope).filter(filter(request.predicate(), &STRAIGHT)).batch(1_000, db).await
        }
        _ => db.delete(request).await,
    }
}

/// The result with a conflict that is reported wrongly.
fn bent<T>(bug: &Bug, table: &TableDef, result: Result<T, StoreError>) -> Result<T, StoreError> {
    match (bug, result) {
        (Bug::LastConflictIsNamed, Err(StoreError::Conflict { constraint })) => {
            Err(StoreError::Conflict { constraint: table.uniques().pop().map_or(constraint, |last| last.name) })
        }
        (Bug::ConflictIsVague, Err(StoreError::Conflict { .. })) => Err(StoreError::backend("refused")),
        (_, result) => result,
    }
}

macro_rules! records {
    ($type:ty, $self:ident, $read:expr, $write:expr) => {
        #[async_trait]
        impl Records for $type {
            async fn insert(&$self, request: InsertRequest) -> Result<u64, StoreError> {
                let done = insert(&$self.bug, $write, request).await;
                $self.after(done).await
            }

            async fn find(&$self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
                find(&$self.bug, $read, request).await
            }

            async fn count(&$self, request: CountRequest) -> Result<u64, StoreError> {
                $read.count(request).await
            }

            async fn update(&$self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
                let done = update(&$self.bug, $write, request).await;
                $self.after(done).await
            }

            async fn update_all(&$self, request: UpdateRequest) -> Result<u64, StoreError> {
                $write.update_all(request).await
            }

            async fn upsert(&$self, request: UpsertRequest) -> Result<Row, StoreError> {
                let done = upsert(&$self.bug, $write, request).await;
                $self.after(done).await
            }

            async fn delete(&$self, request: DeleteRequest) -> Result<u64, StoreError> {
                delete(&$self.bug, $write, request).await
            }
        }
    };
}

records!(BentStore, self, self.inner.as_ref(), self.inner.as_ref());
records!(BentTx, self, self.reads().as_ref(), self.writes().as_ref());

impl BentStore {
    #[expect(clippy::unused_async, reason = "the same form as that of the transaction")]
    async fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        done
    }
}

impl BentTx {
    fn tx(&self) -> Arc<dyn StoreTx> {
        Arc::clone(&self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn outside(&self) -> Arc<dyn Records> {
        Arc::<dyn Store>::clone(&self.store)
    }

    fn reads(&self) -> Arc<dyn Records> {
        match self.bug {
            Bug::ReadsOutside | Bug::WritesThrough => self.outside(),
            _ => self.tx(),
        }
    }

    fn writes(&self) -> Arc<dyn Records> {
        match self.bug {
            Bug::WritesThrough => self.outside(),
            _ => self.tx(),
        }
    }

    async fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Bug::ConflictIsForgiven, Err(StoreError::Conflict { .. })) = (&self.bug, &done) {
            self.tx().rollback().await.ok();
            let fresh = self.store.begin().await?;
            *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        done
    }
}

#[async_trait]
impl Store for BentStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        self.bug.contend(Call::Begin)?;
        let inner = self.inner.begin().await?;
        if matches!(self.bug, Bug::WritesThrough) {
            // What is written through must not wait for the transaction that it does not use.
            inner.rollback().await?;
        }
        Ok(Arc::new(BentTx { inner: Mutex::new(inner), store: Arc::clone(&self.inner), bug: self.bug.clone() }))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        self.inner.migrate(plugins).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self.inner.migrations()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

#[async_trait]
impl StoreTx for BentTx {
    async fn touch(&self, request: TouchRequest) -> Result<bool, StoreError> {
        self.tx().touch(request).await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.bug.contend(Call::Commit)?;
        match self.bug {
            Bug::CommitForgets => self.tx().rollback().await,
            Bug::WritesThrough => Ok(()),
            Bug::CommitIsUnavailable => Err(StoreError::unavailable("gone")),
            _ => self.tx().commit().await,
        }
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        match self.bug {
            Bug::RollbackCommits => self.tx().commit().await,
            Bug::WritesThrough => Ok(()),
            _ => self.tx().rollback().await,
        }
    }
}

impl Drop for BentTx {
    fn drop(&mut self) {
        if matches!(self.bug, Bug::DropCommits) {
            let tx = self.tx();
            let commit = async move { tx.commit().await.ok() };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(commit));
        }
    }
}
