//! Requests: one type a verb, made by entities alone.

use super::Row;
use super::predicate::{Comparison, Predicate};
use crate::error::StoreError;
use crate::schema::{ColumnDef, TableDef};
use crate::scope::ScopeKind;
use crate::value::{ColumnType, Value};

/// The most rows that one insert takes.
pub const MAX_ROWS: usize = 500;
/// The most rows that one find returns and one delete removes.
pub const MAX_LIMIT: u32 = 1_000;
/// Greatest size of a predicate, values of lists included.
const MAX_PREDICATE: usize = 2_000;
/// Greatest depth of a predicate.
const MAX_DEPTH: usize = 32;
/// Greatest depth of a JSON document.
const MAX_JSON_DEPTH: usize = 32;

/// Where a request reaches: the values of the scope columns, by which every row it means is bound.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    columns: Vec<(&'static str, String)>,
    unbound: bool,
}

impl Reach {
    pub(crate) fn within<S: ScopeKind>(key: S::Key<'_>) -> Self {
        Self { columns: S::columns(key), unbound: false }
    }

    /// A request that a credential makes before its scope is known. See [`crate::authenticator`].
    pub(crate) fn unbound() -> Self {
        Self { columns: Vec::new(), unbound: true }
    }

    fn predicates(&self) -> impl Iterator<Item = Predicate> + '_ {
        self.columns.iter().map(|(column, value)| Predicate::Compare {
            column,
            comparison: Comparison::Equal,
            value: Value::Text(value.clone()),
        })
    }

    /// The scope's predicates and the caller's, in one. The verb names the `cfg` that drops the environment's
    /// predicate in the build that proves that the suites see leaks.
    fn bind(&self, verb: Verb, filter: Vec<Predicate>) -> Predicate {
        let bound = self.predicates().filter(|predicate| !leaks(verb, predicate));
        Predicate::All(bound.chain(filter).collect())
    }

    /// Refuses a table that is scoped otherwise than the request is bound, or that takes a core table's name.
    fn check(&self, table: &'static TableDef) -> Result<(), StoreError> {
        let bound = self.columns.iter().map(|(column, _)| *column);
        let fits = self.unbound || bound.eq(table.scope.columns().iter().copied());
        if fits && crate::registry::is_genuine(table) {
            Ok(())
        } else {
            Err(invalid(table, "scope", "the table is scoped otherwise"))
        }
    }

    /// Whether a row says that it lives here.
    fn holds(&self, table: &TableDef, row: &Row) -> bool {
        self.columns
            .iter()
            .all(|(column, value)| matches!(table.value_of(row, column), Some(Value::Text(text)) if text == value))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Find,
    Count,
    Update,
    Delete,
    Touch,
}

fn leaks(verb: Verb, predicate: &Predicate) -> bool {
    let leaking = match verb {
        Verb::Find => cfg!(authsome_leak = "find"),
        Verb::Count => cfg!(authsome_leak = "count"),
        Verb::Update => cfg!(authsome_leak = "update"),
        Verb::Delete => cfg!(authsome_leak = "delete"),
        Verb::Touch => cfg!(authsome_leak = "touch"),
    };
    leaking && matches!(predicate, Predicate::Compare { column, .. } if *column == crate::scope::ENV_COLUMN)
}

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

/// A change of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The column becomes the value.
    Set {
        /// The column.
        column: &'static str,
        /// The value.
        value: Value,
    },
    /// The integer column, which holds a value, grows by the amount, which may be negative. An update that would take it
    /// out of its range matches no row.
    Increment {
        /// The column.
        column: &'static str,
        /// The amount.
        by: i64,
        /// The least value of the column.
        min: i64,
        /// The greatest value of the column.
        max: i64,
    },
}

impl Change {
    /// What holds for a row whose count stays in its range.
    fn stays_in_range(&self) -> Option<Predicate> {
        let Self::Increment { column, by, min, max } = *self else { return None };
        let (comparison, bound) = if by >= 0 {
            (Comparison::LessOrEqual, max.saturating_sub(by))
        } else {
            (Comparison::GreaterOrEqual, min.saturating_sub(by))
        };
        Some(Predicate::Compare { column, comparison, value: Value::Int(bound) })
    }

    /// The column that changes.
    #[must_use]
    pub const fn column(&self) -> &'static str {
        match self {
            Self::Set { column, .. } | Self::Increment { column, .. } => column,
        }
    }
}

/// Insert rows, all or none.
#[derive(Clone, Debug)]
pub struct InsertRequest {
    table: &'static TableDef,
    rows: Vec<Row>,
    if_absent: bool,
}

impl InsertRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        rows: Vec<Row>,
        if_absent: bool,
    ) -> Result<Self, StoreError> {
        reach.check(table)?;
        if rows.is_empty() || rows.len() > MAX_ROWS {
            return Err(invalid(table, "rows", "between 1 and 500 rows are inserted at a time"));
        }
        for row in &rows {
            check_row(table, reach, row)?;
        }
        Ok(Self { table, rows, if_absent })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// The rows, their values in the order of the table's columns.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether a row that is in conflict with one that exists, or with an earlier one of this request, is left out
    /// instead of failing the request.
    #[must_use]
    pub const fn if_absent(&self) -> bool {
        self.if_absent
    }
}

/// Find rows.
#[derive(Clone, Debug)]
pub struct FindRequest {
    table: &'static TableDef,
    predicate: Predicate,
    order: Order,
    limit: u32,
}

impl FindRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        order: Order,
        limit: u32,
    ) -> Result<Self, StoreError> {
        if limit == 0 || limit > MAX_LIMIT {
            return Err(invalid(table, "limit", "a limit lies between 1 and 1000"));
        }
        check_filter(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(Verb::Find, filter), order, limit })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which rows.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// In which order.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }

    /// How many at most.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }
}

/// Count rows.
#[derive(Clone, Debug)]
pub struct CountRequest {
    table: &'static TableDef,
    predicate: Predicate,
}

impl CountRequest {
    pub(crate) fn new(table: &'static TableDef, reach: &Reach, filter: Vec<Predicate>) -> Result<Self, StoreError> {
        check_filter(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(Verb::Count, filter) })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which rows.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }
}

/// Change rows: the comparison and the change are one step.
#[derive(Clone, Debug)]
pub struct UpdateRequest {
    table: &'static TableDef,
    predicate: Predicate,
    changes: Vec<Change>,
}

impl UpdateRequest {
    /// A change of at most one row: the filter names it by its id or a unique key.
    pub(crate) fn one(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        check_identified(table, reach, &filter)?;
        Self::new(table, reach, filter, changes)
    }

    /// A change of every row that is meant. A column of a unique index can only be emptied: which of several rows would be
    /// in conflict with which depends on their order.
    pub(crate) fn all(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        let uniques = table.uniques();
        let moves = |change: &&Change| {
            let empties = matches!(change, Change::Set { value: Value::Null, .. });
            let unique = uniques.iter().any(|index| index.columns.iter().any(|column| column == change.column()));
            unique && !empties
        };
        if let Some(change) = changes.iter().find(moves) {
            return Err(invalid(table, change.column(), "a unique key changes one row at a time"));
        }
        Self::new(table, reach, filter, changes)
    }

    fn new(
        table: &'static TableDef,
        reach: &Reach,
        mut filter: Vec<Predicate>,
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        check_filter(table, reach, &filter)?;
        check_changes(table, &changes)?;
        filter.extend(changes.iter().filter_map(Change::stays_in_range));
        Ok(Self { table, predicate: reach.bind(Verb::Update, filter), changes })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which rows.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// The changes, never empty, each column at most once.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// Insert a row, or change the one that is there.
#[derive(Clone, Debug)]
pub struct UpsertRequest {
    table: &'static TableDef,
    row: Row,
    key: Vec<String>,
    changes: Vec<Change>,
}

impl UpsertRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        row: Row,
        on: &[&'static str],
        changes: Vec<Change>,
    ) -> Result<Self, StoreError> {
        reach.check(table)?;
        check_row(table, reach, &row)?;
        check_changes(table, &changes)?;
        let key: Vec<String> = table.scope.columns().iter().chain(on).map(|column| (*column).to_owned()).collect();
        let known = table.uniques().iter().any(|unique| unique.only_where_null.is_none() && unique.columns == key);
        if !known {
            return Err(invalid(table, "key", "an upsert goes by the id or by a unique key without a condition"));
        }
        if key.iter().any(|column| table.value_of(&row, column).is_none_or(Value::is_null)) {
            return Err(invalid(table, "key", "the key of an upsert has a value"));
        }
        if changes.iter().any(|change| key.iter().any(|column| column == change.column())) {
            return Err(invalid(table, "changes", "an upsert does not change its key"));
        }
        Ok(Self { table, row, key, changes })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// The row that is inserted where none agrees with it in the key.
    #[must_use]
    pub const fn row(&self) -> &Row {
        &self.row
    }

    /// The columns of the primary key or unique index that decide, scope columns included, none of them null.
    #[must_use]
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// The changes of the row that is there already, never empty.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// Delete rows.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    table: &'static TableDef,
    predicate: Predicate,
    limit: u32,
}

impl DeleteRequest {
    pub(crate) fn new(
        table: &'static TableDef,
        reach: &Reach,
        filter: Vec<Predicate>,
        limit: u32,
    ) -> Result<Self, StoreError> {
        if limit == 0 || limit > MAX_LIMIT {
            return Err(invalid(table, "limit", "a limit lies between 1 and 1000"));
        }
        check_filter(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(Verb::Delete, filter), limit })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which rows.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// How many at most. Which ones, where more are meant, is not said.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }
}

/// Write a row without changing it, so that transactions that touch the same row exclude each other.
#[derive(Clone, Debug)]
pub struct TouchRequest {
    table: &'static TableDef,
    predicate: Predicate,
}

impl TouchRequest {
    pub(crate) fn new(table: &'static TableDef, reach: &Reach, filter: Vec<Predicate>) -> Result<Self, StoreError> {
        check_filter(table, reach, &filter)?;
        check_identified(table, reach, &filter)?;
        Ok(Self { table, predicate: reach.bind(Verb::Touch, filter) })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// Which row.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate {
        &self.predicate
    }
}

fn invalid(table: &TableDef, part: &str, why: &'static str) -> StoreError {
    StoreError::Invalid { what: format!("{}.{part}", table.name), why }
}

fn check_row(table: &TableDef, reach: &Reach, row: &Row) -> Result<(), StoreError> {
    if row.len() != table.columns.len() {
        return Err(invalid(table, "row", "it does not have the table's columns"));
    }
    if !reach.holds(table, row) {
        return Err(invalid(table, "scope", "the row belongs to another scope"));
    }
    table.columns.iter().zip(row).try_for_each(|(column, value)| check_value(table, column, value))
}

fn check_changes(table: &TableDef, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Err(invalid(table, "changes", "there is nothing to change"));
    }
    for (position, change) in changes.iter().enumerate() {
        let name = change.column();
        if changes.iter().take(position).any(|earlier| earlier.column() == name) {
            return Err(invalid(table, name, "a column changes once at a time"));
        }
        if table.primary_key().iter().any(|column| column == name) {
            return Err(invalid(table, name, "a row keeps its id and its scope"));
        }
        let column = known(table, name)?;
        match change {
            Change::Set { value, .. } => check_value(table, column, value)?,
            Change::Increment { .. } if column.ty == ColumnType::Int && !column.nullable => {}
            Change::Increment { .. } => return Err(invalid(table, name, "only a count can be incremented")),
        }
    }
    Ok(())
}

fn check_filter(table: &'static TableDef, reach: &Reach, filter: &[Predicate]) -> Result<(), StoreError> {
    reach.check(table)?;
    let mut size = 0;
    filter.iter().try_for_each(|predicate| check_predicate(table, predicate, 1, &mut size))
}

/// Refuses a filter that may mean several rows: it holds an equality for every column of the primary key, or of a unique
/// index whose condition it holds too.
fn check_identified(table: &TableDef, reach: &Reach, filter: &[Predicate]) -> Result<(), StoreError> {
    let bound = reach.columns.iter().map(|(column, _)| *column);
    let fixed: Vec<&str> =
        bound.chain(filter.iter().flat_map(Predicate::equalities).map(|(column, _)| column)).collect();
    let null: Vec<&str> = filter.iter().flat_map(Predicate::nulls).collect();
    let identified = table.uniques().iter().any(|unique| {
        unique.columns.iter().all(|column| fixed.contains(&column.as_str()))
            && unique.only_where_null.as_ref().is_none_or(|column| null.contains(&column.as_str()))
    });
    if identified { Ok(()) } else { Err(invalid(table, "filter", "one row is named by its id or a unique key")) }
}

fn check_predicate(
    table: &TableDef,
    predicate: &Predicate,
    depth: usize,
    size: &mut usize,
) -> Result<(), StoreError> {
    *size += 1;
    if let Predicate::In { values, .. } = predicate {
        *size += values.len();
    }
    if *size > MAX_PREDICATE || depth > MAX_DEPTH {
        return Err(invalid(table, "filter", "the filter is too large"));
    }
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().try_for_each(|part| check_predicate(table, part, depth + 1, size))
        }
        Predicate::Compare { column, value, .. } => check_operand(table, column, value),
        Predicate::In { column, values } => values.iter().try_for_each(|value| check_operand(table, column, value)),
        Predicate::StartsWith { column, prefix } if prefix.is_empty() => {
            Err(invalid(table, column, "a prefix is not empty"))
        }
        Predicate::StartsWith { column, prefix } => check_operand(table, column, &Value::Text(prefix.clone())),
        Predicate::IsNull { column } | Predicate::IsNotNull { column } => known(table, column).map(|_| ()),
    }
}

fn check_operand(table: &TableDef, name: &'static str, value: &Value) -> Result<(), StoreError> {
    let column = known(table, name)?;
    if value.column_type() != Some(column.ty) || column.ty == ColumnType::Json {
        return Err(invalid(table, name, "it cannot be compared with such a value"));
    }
    check_text(table, name, value)
}

fn known<'table>(table: &'table TableDef, name: &str) -> Result<&'table ColumnDef, StoreError> {
    table.find_column(name).ok_or_else(|| invalid(table, name, "there is no such column"))
}

fn check_value(table: &TableDef, column: &ColumnDef, value: &Value) -> Result<(), StoreError> {
    match value.column_type() {
        None if column.nullable => return Ok(()),
        None => return Err(invalid(table, &column.name, "it must have a value")),
        Some(ty) if ty != column.ty => return Err(invalid(table, &column.name, "it has another type")),
        Some(_) => {}
    }
    if let Some(max_len) = column.max_len {
        let length = match value {
            Value::Text(text) => text.chars().count(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Json(json) => json.to_string().len(),
            _ => 0,
        };
        if length > usize::try_from(max_len).unwrap_or(usize::MAX) {
            return Err(invalid(table, &column.name, "it is too long"));
        }
    }
    check_text(table, &column.name, value)
}

fn check_text(table: &TableDef, column: &str, value: &Value) -> Result<(), StoreError> {
    let has_nul = match value {
        Value::Text(text) => text.contains('\0'),
        Value::Json(json) if json_depth(json) > MAX_JSON_DEPTH => {
            return Err(invalid(table, column, "it is nested too deeply"));
        }
        Value::Json(json) => json_has_nul(json),
        _ => false,
    };
    if has_nul { Err(invalid(table, column, "it contains U+0000")) } else { Ok(()) }
}

fn json_depth(json: &serde_json::Value) -> usize {
    let inner = match json {
        serde_json::Value::Array(items) => items.iter().map(json_depth).max(),
        serde_json::Value::Object(members) => members.values().map(json_depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

fn json_has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(json_has_nul),
        serde_json::Value::Object(members) => {
            members.iter().any(|(name, member)| name.contains('\0') || json_has_nul(member))
        }
        _ => false,
    }
}
