//! Which unique index a refused row is reported to break: the first declared of those that it breaks.

use authsome_core::error::StoreError;
use authsome_core::schema::IndexDef;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error;

use crate::catalogue;
use crate::error::{Candidate, store_error};
use crate::row;

/// What is reported. MongoDB looks at the indexes in the order in which they were made, and names one; whether the row
/// breaks one that is declared before it shows in what is stored.
pub(crate) async fn first_declared(database: &Database, table: &str, index: String, row: Candidate) -> StoreError {
    match earlier_one(database, table, &index, row).await {
        Ok(earlier) => StoreError::Conflict { constraint: earlier.unwrap_or(index) },
        Err(error) => store_error(&error),
    }
}

async fn earlier_one(database: &Database, table: &str, index: &str, row: Candidate) -> Result<Option<String>, Error> {
    let Some(table) = catalogue::read_one(database, table).await? else { return Ok(None) };
    let before: Vec<IndexDef> = table.uniques().into_iter().take_while(|unique| unique.name != index).collect();
    if before.is_empty() {
        return Ok(None);
    }
    let stored = database.collection::<Document>(&table.name);
    let (row, earlier) = match row {
        Candidate::Inserted { row, earlier } => (row, earlier),
        Candidate::Changed { filter, changes } => {
            let Some(mut row) = stored.find_one(filter).await? else { return Ok(None) };
            row::change(&mut row, &changes);
            (row, Vec::new())
        }
        Candidate::Unknown => return Ok(None),
    };
    for unique in before {
        let Some(mut twins) = row::twins(&row, &unique) else { continue };
        let agrees = |other: &Document| row::twins(other, &unique).as_ref() == Some(&twins);
        if earlier.iter().any(agrees) {
            return Ok(Some(unique.name));
        }
        twins.insert("_id", doc! {"$ne": row.get("_id").cloned().unwrap_or(Bson::Null)});
        if stored.find_one(twins).await?.is_some() {
            return Ok(Some(unique.name));
        }
    }
    Ok(None)
}
