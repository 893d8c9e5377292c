//! [`Catalogue`]: what migrations made, as the database itself says.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use authsome_core::error::StoreError;
use authsome_core::schema::TableDef;
use futures::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;

use crate::error::{Refusal, store_error};
use crate::operations::Operations;
use crate::schema::from_catalogue;

/// The collection with one document a table.
pub(crate) const COLLECTION: &str = "authsome_schema";

/// Which tables with which columns are known to be there. Asking MongoDB for a collection that is not there finds
/// nothing, and writing to it makes it, so that each verb looks here first.
#[derive(Default)]
pub(crate) struct Catalogue {
    columns: RwLock<HashMap<String, Vec<String>>>,
}

impl Catalogue {
    /// That the table is there with all its columns.
    ///
    /// # Errors
    /// [`StoreError::Backend`] where it is not; what reading the catalogue fails with.
    pub(crate) async fn check(&self, database: &Database, table: &TableDef) -> Result<(), StoreError> {
        if self.knows(table) {
            return Ok(());
        }
        if let Some(found) = read_one(database, &table.name).await.map_err(|error| store_error(&error))? {
            let columns = found.columns.into_iter().map(|column| column.name).collect();
            self.columns.write().unwrap_or_else(PoisonError::into_inner).insert(found.name, columns);
        }
        if self.knows(table) { Ok(()) } else { Err(Refusal::NotMigrated(table.name.clone()).into()) }
    }

    fn knows(&self, table: &TableDef) -> bool {
        let known = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        let columns = known.get(&table.name);
        columns.is_some_and(|columns| table.columns.iter().all(|column| columns.contains(&column.name)))
    }

    /// Forgets what it knows: the tables have changed.
    pub(crate) fn forget(&self) {
        self.columns.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A table as the database has it.
pub(crate) async fn read_one(database: &Database, table: &str) -> Result<Option<TableDef>, Error> {
    let kept = database.collection::<Document>(COLLECTION).find_one(doc! {"_id": {"$eq": table}}).await?;
    Ok(kept.as_ref().and_then(from_catalogue))
}

/// The tables of these names as the database has them.
pub(crate) async fn read_some(database: &Database, tables: &[String]) -> Result<Vec<TableDef>, Error> {
    let kept = database.collection::<Document>(COLLECTION).find(doc! {"_id": {"$in": tables}}).await?;
    let kept: Vec<Document> = kept.try_collect().await?;
    Ok(kept.iter().filter_map(from_catalogue).collect())
}

/// All tables by name, as a transaction sees them.
///
/// # Errors
/// [`StoreError::Corrupt`] where a document of the catalogue is none of ours: what refers to what is not known then.
pub(crate) async fn read_all(operations: &mut Operations<'_>) -> Result<Vec<TableDef>, crate::error::Failure> {
    let kept = operations.find(COLLECTION, doc! {}, Some(doc! {"_id": 1}), 0).await?;
    let table = |kept: &Document| {
        from_catalogue(kept).ok_or_else(|| StoreError::Corrupt {
            table: COLLECTION.to_owned(),
            column: "references".to_owned(),
            id: kept.get_str("_id").unwrap_or("?").to_owned(),
        })
    };
    Ok(kept.iter().map(table).collect::<Result<_, _>>()?)
}
