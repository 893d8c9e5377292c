//! Refusal of values, filters and changes that do not fit their table, before a backend sees them.

use super::reach::Verb;
use super::{Change, MAX_LIMIT, Reach, Selection};
use crate::error::StoreError;
use crate::json;
use crate::records::{Predicate, Row};
use crate::schema::{ColumnDef, TableDef};
use crate::value::{ColumnType, Value};

/// Greatest size of a predicate, values of lists included.
const MAX_PREDICATE: usize = 2_000;
/// Greatest depth of a predicate.
const MAX_DEPTH: usize = 32;

pub(super) fn invalid(table: &TableDef, part: &str, why: &'static str) -> StoreError {
    StoreError::Invalid { what: format!("{}.{part}", table.name), why }
}

pub(super) fn check_row(table: &TableDef, reach: &Reach, verb: Verb, row: &Row) -> Result<(), StoreError> {
    if row.len() != table.columns.len() {
        return Err(invalid(table, "row", "it does not have the table's columns"));
    }
    if !reach.holds(verb, table, row) {
        return Err(invalid(table, "scope", "the row belongs to another scope"));
    }
    table.columns.iter().zip(row).try_for_each(|(column, value)| check_value(table, column, value))
}

pub(super) fn check_changes(table: &TableDef, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Err(invalid(table, "changes", "the request changes nothing"));
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

pub(super) fn check_filter(rows: &Selection) -> Result<(), StoreError> {
    rows.reach.check(rows.table)?;
    let mut size = 0;
    rows.filter.iter().try_for_each(|predicate| check_predicate(rows.table, predicate, 1, &mut size))
}

/// Refuses a filter that may mean several rows. It must have an equality for every column of the primary key, or of a
/// unique index together with the index's condition.
pub(super) fn check_identified(rows: &Selection) -> Result<(), StoreError> {
    let Selection { table, reach, filter } = rows;
    let bound = reach.columns.iter().map(|(column, _)| *column);
    let fixed: Vec<&str> =
        bound.chain(filter.iter().flat_map(Predicate::equalities).map(|(column, _)| column)).collect();
    let nulls: Vec<&str> = filter.iter().flat_map(Predicate::nulls).collect();
    if table.tells_apart(|column| fixed.contains(&column), &nulls) {
        Ok(())
    } else {
        Err(invalid(table, "filter", "name one row by its id or a unique key"))
    }
}

fn check_predicate(table: &TableDef, predicate: &Predicate, depth: usize, size: &mut usize) -> Result<(), StoreError> {
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
    table.find_column(name).ok_or_else(|| invalid(table, name, "the column is unknown"))
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
    let fault = match value {
        Value::Text(text) => json::text_fault(text),
        Value::Json(json) => json::fault(json, 0),
        _ => None,
    };
    fault.map_or(Ok(()), |why| Err(invalid(table, column, why)))
}

pub(super) fn check_limit(table: &TableDef, limit: u32) -> Result<(), StoreError> {
    if limit == 0 || limit > MAX_LIMIT {
        Err(invalid(table, "limit", "a limit lies between 1 and 1000"))
    } else {
        Ok(())
    }
}
