//! [`Catalogue`]: what migrations made, as the database itself says.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use authsome_core::error::StoreError;
use authsome_core::schema::TableDef;
use futures::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::error::Error;

use crate::concern::primary;
use crate::error::{Refusal, store_error};
use crate::schema::from_catalogue;

/// The collection with one document a table.
pub(crate) const COLLECTION: &str = "authsome_schema";

/// How often a table is read anew because it was migrated meanwhile.
const LOOKS: u32 = 5;

/// The tables that are known to exist, with their columns. Asking MongoDB for a missing collection finds
/// nothing, and writing to it makes it, so that each verb looks here first.
///
/// What is known was true once: another process may have migrated since. Each transaction says at its begin which
/// generation of the tables it sees, and what is known of another one is forgotten. An insert, which alone makes a
/// collection, names the collection's UUID besides, and the server refuses it where that collection is gone.
#[derive(Default)]
pub(crate) struct Catalogue {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    generation: i64,
    tables: HashMap<String, Kept>,
}

/// What is known of a table.
struct Kept {
    collection: Binary,
    columns: Vec<String>,
}

impl Kept {
    /// Whether it has all columns of the table.
    fn has(&self, table: &TableDef) -> bool {
        table.columns.iter().all(|column| self.columns.contains(&column.name))
    }
}

impl Catalogue {
    /// That the table is there with all its columns.
    ///
    /// # Errors
    /// [`StoreError::Backend`] where it is not; [`StoreError::Aborted`] where tables change all the time; what reading
    /// the catalogue fails with.
    pub(crate) async fn check(&self, database: &Database, table: &TableDef) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
            if self.knows(table) {
                return Ok(());
            }
            let generation = self.generation();
            let found = read(database, &table.name).await.map_err(|error| store_error(&error))?;
            let found = found.filter(|found| found.has(table)).ok_or(Refusal::NotMigrated(table.name.clone()))?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.generation == generation {
                known.tables.insert(table.name.clone(), found);
                return Ok(());
            }
        }
        Err(StoreError::contention())
    }

    fn knows(&self, table: &TableDef) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.tables.get(&table.name).is_some_and(|kept| kept.has(table))
    }

    fn generation(&self) -> i64 {
        self.known.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// The UUID of the collection of a table that was [checked](Self::check).
    ///
    /// # Errors
    /// [`StoreError::Aborted`] if it was forgotten since: the next run checks again.
    pub(crate) fn collection(&self, table: &str) -> Result<Binary, StoreError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.tables.get(table).map(|kept| kept.collection.clone()).ok_or_else(StoreError::contention)
    }

    /// Forgets the tables, unless they are of this generation.
    pub(crate) fn keep_generation(&self, generation: i64) {
        if self.generation() != generation {
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known { generation, ..Known::default() };
        }
    }

    /// Forgets the tables: they have changed.
    pub(crate) fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).tables.clear();
    }
}

/// The live table; `None` if the catalogue does not have it, or its collection is missing.
async fn read(database: &Database, table: &str) -> Result<Option<Kept>, Error> {
    // The collection first: if another one replaces it, inserts into this one are refused.
    let found = collections(database, doc! {"name": table}).await?;
    let uuid = found.first().and_then(|found| found.get_document("info").ok()?.get("uuid"));
    let Some(Bson::Binary(collection)) = uuid.cloned() else { return Ok(None) };
    let Some(kept) = read_one(database, table).await? else { return Ok(None) };
    Ok(Some(Kept { collection, columns: kept.columns.into_iter().map(|column| column.name).collect() }))
}

/// Collections as the server describes them: `name`, `type`, `options` and, with their `uuid`, `info`.
pub(crate) async fn collections(database: &Database, filter: Document) -> Result<Vec<Document>, Error> {
    let command = doc! {"listCollections": 1, "filter": filter};
    database.run_cursor_command(command).selection_criteria(primary()).await?.try_collect().await
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
