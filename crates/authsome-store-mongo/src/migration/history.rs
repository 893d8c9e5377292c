//! The history: the collection `authsome_migrations`.

use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::migration::{AppliedStep, MigrateError, RunBy, Step};
use authsome_core::schema::{ColumnDef, ScopeLevel, TableDef};
use authsome_core::value::{ColumnType, ColumnValue, DecodeError, Value};
use mongodb::bson::{Document, doc};

use crate::error::store_error;
use crate::operations::{Find, Operations};
use crate::row;
use crate::shared::Shared;

/// The collection.
pub(super) const COLLECTION: &str = "authsome_migrations";
/// The field that says which was applied after which, however alike their times are.
const POSITION: &str = "_position";

fn table() -> TableDef {
    let column = |name: &str, ty| ColumnDef::new(name, ty);
    TableDef::new(COLLECTION, ScopeLevel::Global, column("group_name", ColumnType::Text))
        .column(column("version", ColumnType::Int))
        .column(column("name", ColumnType::Text))
        .column(column("checksum", ColumnType::Text))
        .column(column("applied_at", ColumnType::Time))
        .column(column("duration_ms", ColumnType::Int))
        .column(column("applied_by", ColumnType::Text))
}

/// The history, oldest first; `None` without the collection.
pub(super) async fn read_if_there(shared: &Shared) -> Result<Option<Vec<AppliedStep>>, MigrateError> {
    let names = shared.database.list_collection_names().filter(doc! {"name": COLLECTION}).await;
    if names.map_err(|error| store_error(&error))?.is_empty() {
        return Ok(None);
    }
    read(shared).await.map(Some)
}

/// The history, oldest first.
pub(super) async fn read(shared: &Shared) -> Result<Vec<AppliedStep>, MigrateError> {
    let kept = shared.operations().find(COLLECTION, doc! {}, by_position(1)).await;
    let kept = kept.map_err(|error| store_error(&error))?;
    Ok(kept.iter().map(step).collect::<Result<_, _>>()?)
}

fn by_position(direction: i32) -> Find {
    Find { sort: Some(doc! {POSITION: direction}), ..Find::default() }
}

fn step(kept: &Document) -> Result<AppliedStep, StoreError> {
    let mut values = row::row(&table(), kept)?.into_iter();
    let corrupt = |DecodeError| StoreError::Corrupt {
        table: COLLECTION.to_owned(),
        column: "version".to_owned(),
        id: kept.get_str("group_name").unwrap_or("?").to_owned(),
    };
    fn next<T: ColumnValue>(values: &mut impl Iterator<Item = Value>) -> Result<T, DecodeError> {
        T::from_value(values.next().unwrap_or(Value::Null))
    }
    let mut read = || {
        Ok(AppliedStep {
            group: next(&mut values)?,
            version: next(&mut values)?,
            name: next(&mut values)?,
            checksum: next(&mut values)?,
            applied_at: next(&mut values)?,
            duration_ms: next(&mut values)?,
            applied_by: next(&mut values)?,
        })
    };
    read().map_err(corrupt)
}

fn id(step: &Step) -> Document {
    doc! {"group_name": &step.group, "version": i64::from(step.version)}
}

/// Writes the row of a step that took so long and is applied now.
pub(super) async fn insert(
    operations: &mut Operations<'_>,
    step: &Step,
    run: &RunBy<'_>,
    took: Duration,
) -> mongodb::error::Result<()> {
    let last = operations.find(COLLECTION, doc! {}, by_position(-1).limit(1)).await?;
    let position = last.first().and_then(|last| last.get_i64(POSITION).ok()).unwrap_or(0).saturating_add(1);
    let values = vec![
        Value::Text(step.group.clone()),
        Value::Int(i64::from(step.version)),
        Value::Text(step.name.clone()),
        Value::Text(step.checksum.clone()),
        Value::Time(run.clock.now()),
        Value::Int(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
        Value::Text(run.program.to_owned()),
    ];
    let mut kept = doc! {"_id": id(step), POSITION: position};
    kept.extend(row::document(&table(), &values));
    operations.insert_own(COLLECTION, &kept).await
}

/// Takes the row of a step out.
pub(super) async fn delete(operations: &mut Operations<'_>, step: &Step) -> mongodb::error::Result<()> {
    operations.delete_all(COLLECTION, doc! {"_id": id(step)}).await.map(|_| ())
}
