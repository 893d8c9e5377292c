//! [`Operations`]: MongoDB's operations, in a transaction or outside of one.

use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use mongodb::options::{FindOptions, ReadConcern, ReturnDocument};
use mongodb::{ClientSession, Collection, Database};

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

/// MongoDB's operations on one database, in a transaction or outside of one.
pub(crate) struct Operations<'s> {
    pub(crate) database: &'s Database,
    session: Option<&'s mut ClientSession>,
}

impl<'s> Operations<'s> {
    pub(crate) const fn outside(database: &'s Database) -> Self {
        Self { database, session: None }
    }

    pub(crate) const fn inside(database: &'s Database, session: &'s mut ClientSession) -> Self {
        Self { database, session: Some(session) }
    }

    fn collection(&self, table: &str) -> Collection<Document> {
        self.database.collection(table)
    }

    /// At most `limit` documents; all of them where it is 0.
    pub(crate) async fn find(
        &mut self,
        table: &str,
        filter: Document,
        sort: Option<Document>,
        limit: u32,
    ) -> Result<Vec<Document>> {
        let mut options = FindOptions::default();
        options.sort = sort;
        if limit > 0 {
            options.limit = Some(i64::from(limit));
            options.batch_size = Some(limit);
        }
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
        Ok(!self.find(table, filter, None, 1).await?.is_empty())
    }

    pub(crate) async fn count(&mut self, table: &str, filter: Document) -> Result<u64> {
        let collection = self.collection(table);
        let count = collection.count_documents(filter);
        match &mut self.session {
            Some(session) => count.session(&mut **session).await,
            None => count.read_concern(snapshot()).await,
        }
    }

    pub(crate) async fn insert(&mut self, table: &str, document: &Document) -> Result<()> {
        let collection = self.collection(table);
        within!(self, collection.insert_one(document)).map(|_| ())
    }

    /// One after the other, until one fails.
    pub(crate) async fn insert_all(&mut self, table: &str, documents: &[Document]) -> Result<()> {
        let collection = self.collection(table);
        within!(self, collection.insert_many(documents)).map(|_| ())
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

    /// Changes the one document with this `_id`, which is made where it is missing.
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
