//! What each verb does.

use authsome_core::records::{
    Change, CountRequest, DeleteRequest, FindRequest, InsertRequest, Row, TouchRequest, UpdateRequest, UpsertRequest,
};
use authsome_core::schema::{ReferenceDef, TableDef};
use mongodb::bson::{Document, doc};
use mongodb::error::Error;

use crate::error::{Candidate, Failure, Refusal, duplicate};
use crate::operations::{Find, Operations};
use crate::predicate::{filter, sort};
use crate::references::{delete, hold_parents, refers, touch};
use crate::row::{change, document, equal, key, overflow, row, stays_in_range, twins, update};

/// How often an upsert looks again for a row that others insert and delete.
const LOOKS: u32 = 50;

/// A record verb with its request.
pub(crate) trait Verb: Send + Sync {
    /// What it answers.
    type Output: Send;

    /// Does it without a transaction, if one operation of MongoDB suffices. `None` if not; then nothing was done.
    fn at_once(
        &self,
        _operations: &mut Operations<'_>,
    ) -> impl Future<Output = Result<Option<Self::Output>, Failure>> + Send {
        async { Ok(None) }
    }

    /// Does it in a transaction.
    fn run(&self, operations: &mut Operations<'_>) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

impl Verb for InsertRequest {
    type Output = u64;

    async fn at_once(&self, operations: &mut Operations<'_>) -> Result<Option<u64>, Failure> {
        let [only] = self.rows() else { return Ok(None) };
        let only = document(self.table(), only);
        if refers(self.table(), &only) {
            return Ok(None);
        }
        match insert(operations, self.table(), std::slice::from_ref(&only)).await {
            Ok(()) => Ok(Some(1)),
            Err(Failure::Duplicate { .. }) if self.if_absent() => Ok(Some(0)),
            Err(failure) => Err(failure),
        }
    }

    async fn run(&self, operations: &mut Operations<'_>) -> Result<u64, Failure> {
        let table = self.table();
        let mut documents: Vec<Document> = self.rows().iter().map(|row| document(table, row)).collect();
        if self.if_absent() {
            let mut added = Vec::with_capacity(documents.len());
            for document in documents {
                if !is_taken(operations, table, &document).await? {
                    insert(operations, table, std::slice::from_ref(&document)).await?;
                    added.push(document);
                }
            }
            documents = added;
        } else {
            insert(operations, table, &documents).await?;
        }
        hold_parents(operations, table, &documents, |_| true).await?;
        Ok(u64::try_from(documents.len()).unwrap_or(u64::MAX))
    }
}

async fn insert(
    operations: &mut Operations<'_>,
    table: &'static TableDef,
    documents: &[Document],
) -> Result<(), Failure> {
    let collection = operations.collection_of(&table.name)?;
    let inserted = operations.insert(&table.name, &collection, documents).await;
    inserted.map_err(|error| {
        refused(table, error, |position| match documents.split_at_checked(position) {
            Some((earlier, [row, ..])) => Candidate::Inserted { row: row.clone(), earlier: earlier.to_vec() },
            _ => Candidate::Unknown,
        })
    })
}

/// What a write failed with. The row that a unique index refused is the one at a position among those written.
fn refused(table: &'static TableDef, error: Error, row: impl FnOnce(usize) -> Candidate) -> Failure {
    match duplicate(&error) {
        Some((index, position)) => Failure::Duplicate { table, index, row: row(position) },
        None => error.into(),
    }
}

/// Whether a document agrees with another one in a key. A refused insert would end the transaction, so that it is
/// asked.
async fn is_taken(operations: &mut Operations<'_>, table: &TableDef, document: &Document) -> Result<bool, Failure> {
    let twins: Vec<Document> = table.uniques().iter().filter_map(|unique| twins(document, unique)).collect();
    Ok(operations.exists(&table.name, doc! {"$or": twins}).await?)
}

impl Verb for FindRequest {
    type Output = Vec<Row>;

    async fn at_once(&self, operations: &mut Operations<'_>) -> Result<Option<Vec<Row>>, Failure> {
        self.run(operations).await.map(Some)
    }

    async fn run(&self, operations: &mut Operations<'_>) -> Result<Vec<Row>, Failure> {
        let table = self.table();
        let find = Find { sort: sort(self), ..Find::default() }.limit(self.limit());
        let found = operations.find(&table.name, filter(self.predicate()), find).await?;
        Ok(found.iter().map(|document| row(table, document)).collect::<Result<_, _>>()?)
    }
}

impl Verb for CountRequest {
    type Output = u64;

    async fn at_once(&self, operations: &mut Operations<'_>) -> Result<Option<u64>, Failure> {
        self.run(operations).await.map(Some)
    }

    async fn run(&self, operations: &mut Operations<'_>) -> Result<u64, Failure> {
        Ok(operations.count(&self.table().name, filter(self.predicate())).await?)
    }
}

/// Whether one of the changes is of a column of the reference.
fn moves<'c>(changes: &'c [Change]) -> impl Fn(&ReferenceDef) -> bool + 'c {
    |reference| changes.iter().any(|change| reference.columns.iter().any(|column| column == change.column()))
}

/// Changes the one document that the filter means.
async fn change_one(
    operations: &mut Operations<'_>,
    table: &'static TableDef,
    filter: Document,
    changes: &[Change],
) -> Result<Option<Document>, Failure> {
    let changed = operations.update_one(&table.name, filter.clone(), update(changes)).await;
    changed.map_err(|error| refused(table, error, |_| Candidate::Changed { filter, changes: changes.to_vec() }))
}

/// [`authsome_core::records::Records::update`].
pub(crate) struct UpdateOne(pub(crate) UpdateRequest);

impl Verb for UpdateOne {
    type Output = Option<Row>;

    async fn at_once(&self, operations: &mut Operations<'_>) -> Result<Option<Option<Row>>, Failure> {
        if self.0.table().references.iter().any(moves(self.0.changes())) {
            return Ok(None);
        }
        self.run(operations).await.map(Some)
    }

    async fn run(&self, operations: &mut Operations<'_>) -> Result<Option<Row>, Failure> {
        let (table, changes) = (self.0.table(), self.0.changes());
        let changed = change_one(operations, table, filter(self.0.predicate()), changes).await?;
        let Some(changed) = changed else { return Ok(None) };
        hold_parents(operations, table, std::slice::from_ref(&changed), moves(changes)).await?;
        Ok(Some(row(table, &changed)?))
    }
}

/// [`authsome_core::records::Records::update_all`].
pub(crate) struct UpdateAll(pub(crate) UpdateRequest);

impl Verb for UpdateAll {
    type Output = u64;

    async fn run(&self, operations: &mut Operations<'_>) -> Result<u64, Failure> {
        let (table, changes) = (self.0.table(), self.0.changes());
        let wanted = filter(self.0.predicate());
        let mut moved = Vec::new();
        if table.references.iter().any(moves(changes)) {
            let columns = table.references.iter().flat_map(|reference| &reference.columns);
            moved = operations.find(&table.name, wanted.clone(), Find::columns(columns)).await?;
            moved.iter_mut().for_each(|document| change(document, changes));
        }
        let updated = operations.update_all(&table.name, wanted, update(changes)).await;
        let updated = updated.map_err(|error| refused(table, error, |_| Candidate::Unknown))?;
        hold_parents(operations, table, &moved, moves(changes)).await?;
        Ok(updated)
    }
}

impl Verb for UpsertRequest {
    type Output = Row;

    async fn at_once(&self, operations: &mut Operations<'_>) -> Result<Option<Row>, Failure> {
        let table = self.table();
        if table.references.iter().any(moves(self.changes())) {
            return Ok(None);
        }
        let new = document(table, self.row());
        let alone = std::slice::from_ref(&new);
        for _ in 0..LOOKS {
            if let Some(changed) = change_existing(operations, self, &new).await? {
                return Ok(Some(row(table, &changed)?));
            }
            if refers(table, &new) {
                return Ok(None);
            }
            match insert(operations, table, alone).await {
                Ok(()) => return Ok(Some(self.row().clone())),
                // Somebody else has inserted it meanwhile.
                Err(Failure::Duplicate { index, .. }) if is_key(self, &index) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(Refusal::Restless.into())
    }

    async fn run(&self, operations: &mut Operations<'_>) -> Result<Row, Failure> {
        let table = self.table();
        let new = document(table, self.row());
        if let Some(changed) = change_existing(operations, self, &new).await? {
            hold_parents(operations, table, std::slice::from_ref(&changed), moves(self.changes())).await?;
            return Ok(row(table, &changed)?);
        }
        let new = std::slice::from_ref(&new);
        insert(operations, table, new).await?;
        hold_parents(operations, table, new, |_| true).await?;
        Ok(self.row().clone())
    }
}

/// Changes the existing row; `None` without one.
async fn change_existing(
    operations: &mut Operations<'_>,
    request: &UpsertRequest,
    new: &Document,
) -> Result<Option<Document>, Failure> {
    let (table, changes) = (request.table(), request.changes());
    let by_key = equal(request.key(), key(new, request.key()).unwrap_or_default());
    let in_range = stays_in_range(changes);
    let mut wanted = by_key.clone();
    wanted.extend(in_range.clone());
    let changed = change_one(operations, table, wanted, changes).await?;
    if changed.is_some() || in_range.is_empty() {
        return Ok(changed);
    }
    let there = operations.find(&table.name, by_key, Find::default().limit(1)).await?;
    match there.first().and_then(|there| overflow(there, changes)) {
        Some(column) => Err(Refusal::Overflow(table.name.clone(), column.to_owned()).into()),
        None => Ok(None),
    }
}

/// Whether an index is the one that the upsert goes by.
fn is_key(request: &UpsertRequest, index: &str) -> bool {
    request.table().uniques().iter().any(|unique| unique.name == index && unique.columns == request.key())
}

impl Verb for DeleteRequest {
    type Output = u64;

    async fn run(&self, operations: &mut Operations<'_>) -> Result<u64, Failure> {
        delete(operations, self.table(), filter(self.predicate()), self.limit()).await
    }
}

impl Verb for TouchRequest {
    type Output = bool;

    async fn run(&self, operations: &mut Operations<'_>) -> Result<bool, Failure> {
        Ok(operations.update_one(&self.table().name, filter(self.predicate()), touch()).await?.is_some())
    }
}
