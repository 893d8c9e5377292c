//! Rows as documents. A null is a missing field.

use authsome_core::error::StoreError;
use authsome_core::records::{Change, Row};
use authsome_core::schema::{ColumnDef, IndexDef, TableDef};
use authsome_core::time::Timestamp;
use authsome_core::value::{ColumnType, Value};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc};

/// The stored form; `None` for null.
pub(crate) fn encode(value: &Value) -> Option<Bson> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(inner) => Bson::Boolean(*inner),
        Value::Int(inner) => Bson::Int64(*inner),
        Value::Text(inner) => Bson::String(inner.clone()),
        Value::Bytes(inner) => Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: inner.clone() }),
        Value::Time(inner) => Bson::DateTime(DateTime::from_millis(inner.as_millis())),
        Value::Json(inner) => Bson::String(inner.to_string()),
    })
}

/// The document of a row.
pub(crate) fn document(table: &TableDef, row: &Row) -> Document {
    let fields = table.columns.iter().zip(row);
    fields.filter_map(|(column, value)| Some((column.name.clone(), encode(value)?))).collect()
}

/// The row of a document, its values in the order of the table's columns.
///
/// # Errors
/// [`StoreError::Corrupt`] if a field does not fit its column.
pub(crate) fn row(table: &TableDef, document: &Document) -> Result<Row, StoreError> {
    let value = |column: &ColumnDef| {
        decode(column, document.get(&column.name)).ok_or_else(|| StoreError::Corrupt {
            table: table.name.clone(),
            column: column.name.clone(),
            id: document.get_str(&table.id).unwrap_or("?").to_owned(),
        })
    };
    table.columns.iter().map(value).collect()
}

fn decode(column: &ColumnDef, field: Option<&Bson>) -> Option<Value> {
    let Some(field) = field else { return column.nullable.then_some(Value::Null) };
    Some(match (column.ty, field) {
        (ColumnType::Bool, Bson::Boolean(inner)) => Value::Bool(*inner),
        (ColumnType::Int, Bson::Int64(inner)) => Value::Int(*inner),
        (ColumnType::Text, Bson::String(inner)) => Value::Text(inner.clone()),
        (ColumnType::Bytes, Bson::Binary(inner)) => Value::Bytes(inner.bytes.clone()),
        (ColumnType::Time, Bson::DateTime(inner)) => {
            Value::Time(Timestamp::from_millis(inner.timestamp_millis()).ok()?)
        }
        (ColumnType::Json, Bson::String(inner)) => Value::Json(serde_json::from_str(inner).ok()?),
        _ => return None,
    })
}

/// The update that carries out the changes. Values stand where MongoDB reads no operators.
pub(crate) fn update(changes: &[Change]) -> Document {
    let (mut set, mut unset, mut increment) = (Document::new(), Document::new(), Document::new());
    for change in changes {
        match change {
            Change::Set { column, value } => match encode(value) {
                Some(value) => set.insert(*column, value),
                None => unset.insert(*column, ""),
            },
            Change::Increment { column, by, .. } => increment.insert(*column, *by),
        };
    }
    let parts = [("$set", set), ("$unset", unset), ("$inc", increment)];
    parts.into_iter().filter(|(_, part)| !part.is_empty()).map(|(name, part)| (name.to_owned(), part.into())).collect()
}

/// Carries out the changes on a document in the process.
pub(crate) fn change(document: &mut Document, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Set { column, value } => match encode(value) {
                Some(value) => document.insert(*column, value),
                None => document.remove(column),
            },
            Change::Increment { column, by, .. } => {
                let count = document.get_i64(column).unwrap_or_default();
                document.insert(*column, count.saturating_add(*by))
            }
        };
    }
}

/// The filter that keeps counts in their ranges.
pub(crate) fn stays_in_range(changes: &[Change]) -> Document {
    let bound = |change: &Change| match change {
        Change::Increment { column, by, max, .. } if *by >= 0 => {
            Some((String::from(*column), Bson::from(doc! {"$lte": max.saturating_sub(*by)})))
        }
        Change::Increment { column, by, min, .. } => {
            Some((String::from(*column), Bson::from(doc! {"$gte": min.saturating_sub(*by)})))
        }
        Change::Set { .. } => None,
    };
    changes.iter().filter_map(bound).collect()
}

/// The column that a change would take out of its range.
pub(crate) fn overflow<'c>(document: &Document, changes: &'c [Change]) -> Option<&'c str> {
    changes.iter().find_map(|change| match change {
        Change::Increment { column, by, min, max } => {
            let after = document.get_i64(column).ok()?.checked_add(*by);
            let fits = after.is_some_and(|after| (*min..=*max).contains(&after));
            (!fits).then_some(*column)
        }
        Change::Set { .. } => None,
    })
}

/// The values of some columns; `None` if one of them is null.
pub(crate) fn key(document: &Document, columns: &[String]) -> Option<Vec<Bson>> {
    columns.iter().map(|column| document.get(column).cloned()).collect()
}

/// That the columns hold these values.
pub(crate) fn equal<'c>(
    columns: impl IntoIterator<Item = &'c String>,
    key: impl IntoIterator<Item = Bson>,
) -> Document {
    columns.into_iter().zip(key).map(|(column, value)| (column.clone(), doc! {"$eq": value}.into())).collect()
}

/// The filter for documents that agree with this one in a unique index; `None` if the index does not contain it.
pub(crate) fn twins(document: &Document, unique: &IndexDef) -> Option<Document> {
    let mut filter = equal(&unique.columns, key(document, &unique.columns)?);
    if let Some(column) = &unique.only_where_null {
        if document.contains_key(column) {
            return None;
        }
        filter.insert(column, doc! {"$eq": Bson::Null});
    }
    Some(filter)
}
