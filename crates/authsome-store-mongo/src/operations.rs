//! [`Operations`]: MongoDB's operations, in a transaction or outside of one.

use authsome_core::error::StoreError;
use futures::TryStreamExt;
use mongodb::bson::raw::cstr;
use mongodb::bson::{Binary, Document, RawDocumentBuf, doc, rawdoc};
use mongodb::error::{Error, ErrorKind, Result};
use mongodb::options::{FindOptions, ReadConcern, ReturnDocument};
use mongodb::{ClientSession, Collection, Database};

use crate::catalogue::Catalogue;
use crate::error::{duplicate, store_error};
use crate::insertion::{Batch, batches};

/// What is read outside of transactions is a snapshot too: all of a transaction, or nothing.
fn snapshot() -> ReadConcern {
    ReadConcern::snapshot()
}

/// Does an operation in the transaction, if there is one.
macro_rules! within {
    ($self:ident, $action:expr) => {
        match &mut $self.session {
            Some(session) => $action.session(&mut **session).await,
            None => $action.await,
        }
    };
}

/// Whether an insert was refused because the same document exists.
fn is_there(error: &Error) -> bool {
    duplicate(error).is_some_and(|(index, _)| index == "_id_")
}

/// Whether what an insert found is acknowledged by the majority.
fn is_durable(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::InsertMany(refused) if refused.write_concern_error.is_none())
}

/// How documents are looked for: by default all of them, whole, in no order.
#[derive(Default)]
pub(crate) struct Find {
    pub(crate) sort: Option<Document>,
    /// At most so many; 0 means all.
    pub(crate) limit: u32,
    /// The wanted fields; `None` means all.
    pub(crate) fields: Option<Document>,
}

impl Find {
    /// Only the `_id` and some columns.
    pub(crate) fn columns<'c>(columns: impl IntoIterator<Item = &'c String>) -> Self {
        let mut fields = doc! {"_id": 1};
        fields.extend(columns.into_iter().map(|column| (column.clone(), 1.into())));
        Self { fields: Some(fields), ..Self::default() }
    }

    pub(crate) fn limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }

    fn options(self) -> FindOptions {
        let mut options = FindOptions::default();
        options.sort = self.sort;
        options.projection = self.fields;
        if self.limit > 0 {
            options.limit = Some(i64::from(self.limit));
            options.batch_size = Some(self.limit);
        }
        options
    }
}

/// MongoDB's operations on one database, in a transaction or outside of one.
pub(crate) struct Operations<'s> {
    database: &'s Database,
    catalogue: &'s Catalogue,
    session: Option<&'s mut ClientSession>,
}

impl<'s> Operations<'s> {
    pub(crate) const fn outside(database: &'s Database, catalogue: &'s Catalogue) -> Self {
        Self { database, catalogue, session: None }
    }

    pub(crate) const fn inside(self, session: &'s mut ClientSession) -> Self {
        Self { session: Some(session), ..self }
    }

    fn collection(&self, table: &str) -> Collection<Document> {
        self.database.collection(table)
    }

    pub(crate) async fn find(&mut self, table: &str, filter: Document, find: Find) -> Result<Vec<Document>> {
        let options = find.options();
        let collection = self.collection(table);
        match &mut self.session {
            Some(session) => {
                let mut cursor = collection.find(filter).with_options(options).session(&mut **session).await?;
                cursor.stream(session).try_collect().await
            }
            None => {
                let find = collection.find(filter).with_options(options).read_concern(snapshot());
                find.await?.try_collect().await
            }
        }
    }

    /// Whether there is a document.
    pub(crate) async fn exists(&mut self, table: &str, filter: Document) -> Result<bool> {
        Ok(!self.find(table, filter, Find::columns([]).limit(1)).await?.is_empty())
    }

    pub(crate) async fn count(&mut self, table: &str, filter: Document) -> Result<u64> {
        let collection = self.collection(table);
        let count = collection.count_documents(filter);
        match &mut self.session {
            Some(session) => count.session(&mut **session).await,
            None => count.read_concern(snapshot()).await,
        }
    }

    /// Inserts into the collection of a table, one after the other, until one fails. Outside of a transaction, it is
    /// for one document.
    ///
    /// # Errors
    /// With [`COLLECTION_MOVED`](crate::error::COLLECTION_MOVED) if the collection has another UUID.
    pub(crate) async fn insert(&mut self, table: &str, collection: &Binary, documents: &[Document]) -> Result<()> {
        for batch in batches(documents)? {
            let mut command = batch.command(table, collection);
            match &mut self.session {
                Some(session) => {
                    let insert = self.database.run_raw_command(command).session(&mut **session);
                    batch.outcome(insert.await?)?;
                }
                None => {
                    command.append(cstr!("writeConcern"), rawdoc! {"w": "majority", "j": true});
                    self.insert_alone(&batch, &command).await?;
                }
            }
        }
        Ok(())
    }

    /// Inserts a document, and once more if the outcome is unknown, as the driver does with its own
    /// inserts.
    async fn insert_alone(&self, batch: &Batch, command: &RawDocumentBuf) -> Result<()> {
        let send = || async { batch.outcome(self.database.run_raw_command(command.clone()).await?) };
        let first = match send().await {
            Err(error) if matches!(store_error(&error), StoreError::Unavailable { .. }) => error,
            outcome => return outcome,
        };
        match send().await {
            Err(second) if is_there(&second) => {
                if is_durable(&second) {
                    Ok(())
                } else {
                    Err(first)
                }
            }
            outcome => outcome,
        }
    }

    /// Inserts into a collection of the backend's own, which no migration drops.
    pub(crate) async fn insert_own(&mut self, collection: &str, document: &Document) -> Result<()> {
        let collection = self.collection(collection);
        within!(self, collection.insert_one(document)).map(|_| ())
    }

    /// The UUID of the collection of a table that was checked.
    ///
    /// # Errors
    /// [`StoreError::Aborted`] if it was forgotten meanwhile.
    pub(crate) fn collection_of(&self, table: &str) -> std::result::Result<Binary, StoreError> {
        self.catalogue.collection(table)
    }

    /// Changes one document and returns it as it is afterwards.
    pub(crate) async fn update_one(
        &mut self,
        table: &str,
        filter: Document,
        update: Document,
    ) -> Result<Option<Document>> {
        let collection = self.collection(table);
        within!(self, collection.find_one_and_update(filter, update).return_document(ReturnDocument::After))
    }

    /// Changes all documents and says how many there were.
    pub(crate) async fn update_all(&mut self, table: &str, filter: Document, update: Document) -> Result<u64> {
        let collection = self.collection(table);
        within!(self, collection.update_many(filter, update)).map(|done| done.matched_count)
    }

    /// Runs a command that writes; what of it was refused is in its answer.
    pub(crate) async fn command(&mut self, command: Document) -> Result<Document> {
        let database = self.database;
        within!(self, database.run_command(command))
    }

    /// Changes the one document with this `_id`; makes a missing one.
    pub(crate) async fn upsert(&mut self, table: &str, id: Document, update: Document) -> Result<()> {
        let collection = self.collection(table);
        within!(self, collection.update_one(doc! {"_id": id}, update).upsert(true)).map(|_| ())
    }

    /// Deletes all documents and says how many there were.
    pub(crate) async fn delete_all(&mut self, table: &str, filter: Document) -> Result<u64> {
        let collection = self.collection(table);
        within!(self, collection.delete_many(filter)).map(|done| done.deleted_count)
    }
}
