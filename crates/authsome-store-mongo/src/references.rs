//! References: parents that must be there and stay, and children that go with a parent or hold it.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};

use authsome_core::error::StoreError;
use authsome_core::schema::{OnDelete, ReferenceDef, TableDef};
use mongodb::bson::{Bson, Document, doc};

use crate::catalogue::COLLECTION;
use crate::error::{Failure, duplicate};
use crate::operations::{Find, Operations};
use crate::row::{equal, key};
use crate::schema::from_catalogue;

/// The collection of the documents that stand for parents that all rows of a scope share.
pub(crate) const LOCKS: &str = "authsome_locks";
/// How many of them a parent has.
const STRIPES: u32 = 64;
/// How many documents one operation names by their keys.
const BATCH: usize = 1_000;
/// The field of a row that is written so that transactions exclude each other.
const TOUCHED: &str = "_touched";

/// The update that writes a document without changing its columns.
pub(crate) fn touch() -> Document {
    doc! {"$inc": {TOUCHED: 1_i64}}
}

/// Whether a document refers to something.
pub(crate) fn refers(table: &TableDef, document: &Document) -> bool {
    table.references.iter().any(|reference| key(document, &reference.columns).is_some())
}

/// Whether all rows of a scope refer to the same parent.
fn is_shared(scope: &[&str], reference: &ReferenceDef) -> bool {
    reference.columns.iter().all(|column| scope.contains(&column.as_str()))
}

/// Checks that the parents of the documents exist, for each given reference, and keeps them until the transaction ends.
/// Of several missing ones, the first declared is reported.
pub(crate) async fn hold_parents(
    operations: &mut Operations<'_>,
    table: &TableDef,
    documents: &[Document],
    asked: impl Fn(&ReferenceDef) -> bool,
) -> Result<(), Failure> {
    for reference in table.references.iter().filter(|reference| asked(reference)) {
        let mut keys: Vec<Vec<Bson>> = Vec::new();
        for found in documents.iter().filter_map(|document| key(document, &reference.columns)) {
            if !keys.contains(&found) {
                keys.push(found);
            }
        }
        let shared = is_shared(table.scope.columns(), reference);
        let mut there = 0;
        for filter in with_keys(&reference.parent_columns, &keys) {
            there += if shared {
                operations.count(&reference.parent, filter).await?
            } else {
                operations.update_all(&reference.parent, filter, touch()).await?
            };
        }
        if there < u64::try_from(keys.len()).unwrap_or(u64::MAX) {
            return Err(StoreError::Reference { constraint: reference.name.clone() }.into());
        }
        if shared {
            for key in keys {
                lock(operations, &reference.parent, key, next_stripe()).await?;
            }
        }
    }
    Ok(())
}

/// Transactions of one process take different ones, as long as these suffice.
fn next_stripe() -> u32 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    // Processes begin in different places.
    TAKEN.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(7)) % STRIPES
}

fn lock_id(parent: &str, key: &[Bson], stripe: u32) -> Document {
    doc! {"parent": parent, "key": key.to_vec(), "stripe": stripe}
}

async fn lock(operations: &mut Operations<'_>, parent: &str, key: Vec<Bson>, stripe: u32) -> Result<(), Failure> {
    let locked = operations.upsert(LOCKS, lock_id(parent, &key, stripe), touch()).await;
    locked.map_err(|error| match duplicate(&error) {
        Some(_) => StoreError::contention().into(),
        None => error.into(),
    })
}

/// Filters for the documents with one of the keys in their columns: as few as possible, each served by one walk of
/// an index.
fn with_keys(columns: &[String], keys: &[Vec<Bson>]) -> Vec<Document> {
    let Some((last, first)) = columns.split_last() else { return Vec::new() };
    let mut groups: Vec<(&[Bson], Vec<&Bson>)> = Vec::new();
    for (end, begin) in keys.iter().filter_map(|key| key.split_last()) {
        match groups.iter_mut().find(|(group, ends)| *group == begin && ends.len() < BATCH) {
            Some((_, ends)) => ends.push(end),
            None => groups.push((begin, vec![end])),
        }
    }
    let filter = |(begin, ends): (&[Bson], Vec<&Bson>)| {
        let mut filter = equal(first, begin.iter().cloned());
        filter.insert(last, doc! {"$in": ends});
        filter
    };
    groups.into_iter().map(filter).collect()
}

/// Documents by the table that they are in.
type Documents = BTreeMap<String, Vec<Document>>;

/// Deletes the matching documents, at most `limit` (0 means all), with the documents that refer to them by
/// `Cascade`, and says how many of the table's own there were. A row that refers to one of them by `Restrict` and is
/// not deleted too refuses it all; of several references, the first by the child's table, then by its declaration, is
/// reported. Of each document, only its keys are read.
pub(crate) async fn delete(
    operations: &mut Operations<'_>,
    table: &TableDef,
    filter: Document,
    limit: u32,
) -> Result<u64, Failure> {
    let found = operations.find(&table.name, filter, key_of(table).limit(limit)).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let deleted = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let tables = read_tables(operations).await?;
    let mut doomed = Documents::new();
    let mut known: HashSet<(String, String)> = HashSet::new();
    let mut holding: BTreeMap<(String, usize), (String, Vec<Document>)> = BTreeMap::new();
    let mut waiting = vec![(table.name.clone(), found)];
    while let Some((name, mut documents)) = waiting.pop() {
        documents.retain(|document| known.insert((name.clone(), identity(document))));
        if documents.is_empty() {
            continue;
        }
        for Child { table, position, reference } in children_of(&tables, &name) {
            let keys: Vec<Vec<Bson>> =
                documents.iter().filter_map(|document| key(document, &reference.parent_columns)).collect();
            let mut children = Vec::new();
            for filter in with_keys(&reference.columns, &keys) {
                children.extend(operations.find(&table.name, filter, key_of(table)).await?);
            }
            match reference.on_delete {
                OnDelete::Cascade => waiting.push((table.name.clone(), children)),
                OnDelete::Restrict => {
                    let held = holding.entry((table.name.clone(), position));
                    held.or_insert((reference.name.clone(), Vec::new())).1.extend(children);
                }
            }
        }
        doomed.entry(name).or_default().extend(documents);
    }
    for ((name, _), (reference, holders)) in &holding {
        let stays = |holder: &Document| !known.contains(&(name.clone(), identity(holder)));
        if holders.iter().any(stays) {
            return Err(StoreError::Reference { constraint: reference.clone() }.into());
        }
    }
    for (name, documents) in doomed {
        lock_out_children(operations, &tables, &name, &documents).await?;
        for some in documents.chunks(BATCH) {
            let ids: Vec<&Bson> = some.iter().filter_map(|document| document.get("_id")).collect();
            operations.delete_all(&name, doc! {"_id": {"$in": ids}}).await?;
        }
    }
    Ok(deleted)
}

/// All tables by name, as a transaction sees them.
///
/// # Errors
/// [`StoreError::Corrupt`] if a document of the catalogue is not ours: then the references are unknown.
async fn read_tables(operations: &mut Operations<'_>) -> Result<Vec<TableDef>, Failure> {
    let kept = operations.find(COLLECTION, doc! {}, Find { sort: Some(doc! {"_id": 1}), ..Find::default() }).await?;
    let table = |kept: &Document| {
        from_catalogue(kept).ok_or_else(|| StoreError::Corrupt {
            table: COLLECTION.to_owned(),
            column: "references".to_owned(),
            id: kept.get_str("_id").unwrap_or("?").to_owned(),
        })
    };
    Ok(kept.iter().map(table).collect::<Result<_, _>>()?)
}

/// What a deletion reads of a table's documents: their primary keys, which alone others refer to.
fn key_of(table: &TableDef) -> Find {
    Find::columns(&table.primary_key())
}

/// A reference with its table, and its position among that table's references.
struct Child<'t> {
    table: &'t TableDef,
    position: usize,
    reference: &'t ReferenceDef,
}

/// What refers to a table.
fn children_of<'t>(tables: &'t [TableDef], parent: &str) -> Vec<Child<'t>> {
    let references = tables.iter().flat_map(|table| {
        table.references.iter().enumerate().map(move |(position, reference)| Child { table, position, reference })
    });
    references.filter(|child| child.reference.parent == parent).collect()
}

/// What tells a document apart from the others of its collection.
fn identity(document: &Document) -> String {
    document.get("_id").map_or_else(String::new, Bson::to_string)
}

/// Takes every lock of parents that rows of a scope share, so that a child that is inserted at the same time and this
/// deletion exclude each other. Children of others write the parent itself.
async fn lock_out_children(
    operations: &mut Operations<'_>,
    tables: &[TableDef],
    name: &str,
    documents: &[Document],
) -> Result<(), Failure> {
    let Some(columns) = shared_parent_columns(tables, name) else { return Ok(()) };
    let keys: Vec<Vec<Bson>> = documents.iter().filter_map(|document| key(document, &columns)).collect();
    for key in keys {
        for stripe in 0..STRIPES {
            lock(operations, name, key.clone(), stripe).await?;
        }
        let ids: Vec<Document> = (0..STRIPES).map(|stripe| lock_id(name, &key, stripe)).collect();
        operations.delete_all(LOCKS, doc! {"_id": {"$in": ids}}).await?;
    }
    Ok(())
}

/// The primary key of a table that all rows of a scope refer to.
fn shared_parent_columns(tables: &[TableDef], name: &str) -> Option<Vec<String>> {
    let shared = |child: &TableDef| {
        let to_it = |reference: &&ReferenceDef| reference.parent == name && is_shared(child.scope.columns(), reference);
        child.references.iter().find(to_it).map(|reference| reference.parent_columns.clone())
    };
    tables.iter().find_map(shared)
}
