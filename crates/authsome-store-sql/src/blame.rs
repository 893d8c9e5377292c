//! Which constraint an insert or update broke, which the database's error may not say: the first declared, row by row.
//!
//! All of this runs after the failed statement, in a transaction that sees the rows as they were before it and that is
//! rolled back.

use authsome_core::records::{Change, InsertRequest, Row, UpdateRequest, UpsertRequest};
use authsome_core::schema::{IndexDef, ReferenceDef, TableDef};
use authsome_core::value::Value;
use sea_orm::sea_query::{DynIden, Expr, ExprTrait, IntoIden, Order};

use crate::dialect::Fault;
use crate::error::Failure;
use crate::predicate::{all, expression, parameter};
use crate::statement::{key_columns, key_tuple};
use crate::verb::Session;

/// How many rows of a broken update are looked at together.
const ROWS_AT_ONCE: u64 = 1_000;

/// What an insert broke.
pub(crate) async fn insert(
    session: &Session<'_>,
    request: &InsertRequest,
    fault: &Fault,
) -> Result<Option<String>, Failure> {
    let table = request.table();
    let rows: Vec<&Row> = request.rows().iter().collect();
    for (position, row) in rows.iter().enumerate() {
        let broken = match fault {
            Fault::Reference(_) => dangling(session, table, row, &rows).await?,
            _ => conflict(session, table, row, None, rows.get(..position).unwrap_or_default()).await?,
        };
        if broken.is_some() {
            return Ok(broken);
        }
    }
    Ok(None)
}

/// What an update broke.
pub(crate) async fn update(
    session: &Session<'_>,
    request: &UpdateRequest,
    fault: &Fault,
) -> Result<Option<String>, Failure> {
    let table = request.table();
    let mut after: Option<Row> = None;
    loop {
        let mut meant = vec![expression(session.dialect, request.predicate())];
        if let Some(last) = &after {
            let key = key_values(table, last);
            let values = key.into_iter().map(|(_, value)| Expr::Value(parameter(session.dialect, value)));
            meant.push(key_tuple(table).gt(Expr::tuple(values)));
        }
        let mut select = session.statements().rows(table, all(meant));
        for column in key_columns(table) {
            select.order_by(column, Order::Asc);
        }
        select.limit(ROWS_AT_ONCE);
        let rows = session.rows(table, &select).await?;
        for row in &rows {
            let Some(changed) = changed(table, row, request.changes()) else {
                return Ok(None);
            };
            if let Some(name) = broken(session, table, &changed, Some(row), fault).await? {
                return Ok(Some(name));
            }
            // The rows that come after it are held against the state that this change leaves.
            let this = session.statements().equal(key_values(table, row));
            session.execute(&session.statements().update_where(table, request.changes(), this)).await?;
        }
        match rows.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => return Ok(None),
        }
    }
}

/// What an upsert broke.
pub(crate) async fn upsert(
    session: &Session<'_>,
    request: &UpsertRequest,
    fault: &Fault,
) -> Result<Option<String>, Failure> {
    let table = request.table();
    let key = request
        .key()
        .iter()
        .filter_map(|column| table.value_of(request.row(), column).map(|value| (column.clone().into_iden(), value)));
    let there = session.statements().rows(table, session.statements().equal(key));
    match session.rows(table, &there).await?.first() {
        Some(row) => match changed(table, row, request.changes()) {
            Some(changed) => broken(session, table, &changed, Some(row), fault).await,
            None => Ok(None),
        },
        None => broken(session, table, request.row(), None, fault).await,
    }
}

/// The first constraint that a row breaks. `before` is the row that it replaces.
async fn broken(
    session: &Session<'_>,
    table: &'static TableDef,
    row: &Row,
    before: Option<&Row>,
    fault: &Fault,
) -> Result<Option<String>, Failure> {
    match fault {
        Fault::Reference(_) => dangling(session, table, row, &[row]).await,
        _ => conflict(session, table, row, before, &[]).await,
    }
}

/// The first unique index in which one of `fellows`, or a stored row other than the one that is replaced, agrees with
/// this one.
async fn conflict(
    session: &Session<'_>,
    table: &'static TableDef,
    row: &Row,
    before: Option<&Row>,
    fellows: &[&Row],
) -> Result<Option<String>, Failure> {
    for unique in table.uniques() {
        let Some(values) = indexed(table, &unique, row) else {
            continue;
        };
        if fellows.iter().any(|fellow| indexed(table, &unique, fellow).as_ref() == Some(&values)) {
            return Ok(Some(unique.name));
        }
        let columns = unique.columns.iter().cloned().map(IntoIden::into_iden);
        let mut same = vec![session.statements().equal(columns.zip(values))];
        same.extend(unique.only_where_null.clone().map(|column| Expr::col(column).is_null()));
        same.extend(before.map(|before| session.statements().equal(key_values(table, before)).not()));
        if session.answers(&session.statements().any(table.name.as_str(), all(same))).await? {
            return Ok(Some(unique.name));
        }
    }
    Ok(None)
}

/// The values of a row in a unique index; `None` if the index does not contain the row.
fn indexed<'row>(table: &TableDef, unique: &IndexDef, row: &'row Row) -> Option<Vec<&'row Value>> {
    let is_null = |column: &String| table.value_of(row, column).is_none_or(Value::is_null);
    if unique.only_where_null.as_ref().is_some_and(|column| !is_null(column)) {
        return None;
    }
    present(table, &unique.columns, row)
}

/// The values of columns; `None` if one of them is null.
fn present<'row>(table: &TableDef, columns: &[String], row: &'row Row) -> Option<Vec<&'row Value>> {
    columns.iter().map(|column| table.value_of(row, column).filter(|value| !value.is_null())).collect()
}

/// The first reference of a row without a parent among the stored rows and `fellows`, rows of the same table.
async fn dangling(
    session: &Session<'_>,
    table: &'static TableDef,
    row: &Row,
    fellows: &[&Row],
) -> Result<Option<String>, Failure> {
    for reference in &table.references {
        let Some(values) = present(table, &reference.columns, row) else {
            continue;
        };
        if points_to_one_of(table, reference, &values, fellows) {
            continue;
        }
        let columns = reference.parent_columns.iter().cloned().map(IntoIden::into_iden);
        let parent = session.statements().equal(columns.zip(values));
        if !session.answers(&session.statements().any(reference.parent.clone(), parent)).await? {
            return Ok(Some(reference.name.clone()));
        }
    }
    Ok(None)
}

fn points_to_one_of(table: &TableDef, reference: &ReferenceDef, values: &[&Value], rows: &[&Row]) -> bool {
    reference.parent == table.name
        && rows.iter().any(|row| present(table, &reference.parent_columns, row).is_some_and(|key| key == values))
}

/// The row after the changes; `None` if a sum leaves 64 bits.
fn changed(table: &TableDef, row: &Row, changes: &[Change]) -> Option<Row> {
    let mut row = row.clone();
    for change in changes {
        let value = row.get_mut(table.position(change.column())?)?;
        *value = match change {
            Change::Set { value, .. } => value.clone(),
            Change::Increment { by, .. } => match value {
                Value::Int(count) => Value::Int(count.checked_add(*by)?),
                _ => return None,
            },
        };
    }
    Some(row)
}

fn key_values<'row>(table: &'static TableDef, row: &'row Row) -> Vec<(DynIden, &'row Value)> {
    key_columns(table)
        .into_iter()
        .zip(table.primary_key().iter().filter_map(|column| table.value_of(row, column)))
        .collect()
}
