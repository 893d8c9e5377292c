//! The history: the collection `authsome_migrations`.

use std::time::Duration;

use authsome_core::migration::{AppliedStep, MigrateError, RunBy, Step};
use mongodb::bson::{Document, doc};

use crate::error::store_error;
use crate::operations::{Find, Operations};
use crate::row;
use crate::shared::Shared;

/// The collection.
pub(super) const COLLECTION: &str = "authsome_migrations";
/// The field that says which was applied after which, however alike their times are.
const POSITION: &str = "_position";

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
    let step = |kept| AppliedStep::from_row(row::row(AppliedStep::table(), kept)?);
    Ok(kept.iter().map(step).collect::<Result<_, _>>()?)
}

fn by_position(direction: i32) -> Find {
    Find { sort: Some(doc! {POSITION: direction}), ..Find::default() }
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
    let mut kept = doc! {"_id": id(step), POSITION: position};
    kept.extend(row::document(AppliedStep::table(), &AppliedStep::now(step, run, took).into_row()));
    operations.insert_own(COLLECTION, &kept).await
}

/// Takes the row of a step out.
pub(super) async fn delete(operations: &mut Operations<'_>, step: &Step) -> mongodb::error::Result<()> {
    operations.delete_all(COLLECTION, doc! {"_id": id(step)}).await.map(|_| ())
}
