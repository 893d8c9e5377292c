//! The verbs that [`Bent`](super::bent::Bent) breaks: a request is made again without what the bug leaves out.

use std::time::Duration;

use authsome_core::entity::{Entity, Filter};
use authsome_core::error::StoreError;
use authsome_core::records::{
    Change, Comparison, DeleteRequest, Direction, FindRequest, InsertRequest, Predicate, Records, Row, UpdateRequest,
    UpsertRequest,
};
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use authsome_core::value::Value;

use super::bug::{Bug, Call};
use crate::fixture::{Item, Raw, homes, raw};

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

/// How far apart the halves of what should be one step lie: as far as two requests to a database.
pub(super) const LATENCY: Duration = Duration::from_millis(2);

const STRAIGHT: fn(&'static str, Comparison) -> Comparison = |_, comparison| comparison;

pub(super) async fn find(bug: &Bug, db: &dyn Records, request: FindRequest) -> Result<Vec<Row>, StoreError> {
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

pub(super) async fn insert(bug: &Bug, db: &dyn Records, request: InsertRequest) -> Result<u64, StoreError> {
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

pub(super) async fn update(bug: &Bug, db: &dyn Records, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
    let table = request.table();
    let (scope, id) = (scope_of(table, request.predicate()), id_of(request.predicate()));
    let (Bug::ConditionIsIgnored | Bug::CheckThenWrite, Some(scope), Some(id)) = (bug, scope, id) else {
        return bent(bug, table, db.update(request).await);
    };
    if matches!(bug, Bug::CheckThenWrite) {
        let held = Item::find(&scope).filter(filter(request.predicate(), &STRAIGHT)).count(db).await?;
        tokio::time::sleep(LATENCY).await;
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

pub(super) async fn upsert(bug: &Bug, db: &dyn Records, request: UpsertRequest) -> Result<Row, StoreError> {
    let table = request.table();
    if let (Bug::UpsertReplaces, "conformance_items") = (bug, table.name.as_str()) {
        let item = Item::from_row(request.row().clone())?;
        Item::delete(&item.scope).filter(Item::ID.eq(&item.id)).batch(1, db).await?;
        item.insert(&item.scope, db).await?;
        return Ok(item.to_row());
    }
    bent(bug, table, db.upsert(request).await)
}

pub(super) async fn delete(bug: &Bug, db: &dyn Records, request: DeleteRequest) -> Result<u64, StoreError> {
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
