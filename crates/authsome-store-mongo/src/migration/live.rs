//! The live tables: from validators, indexes and, for references, the catalogue.

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{ColumnDef, IndexDef, TableDef};
use futures::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;

use crate::catalogue::{self, collections};
use crate::concern::primary;
use crate::schema;

/// Options of a collection that no migration sets and that change what it holds or how it compares: what `verify` says
/// of each.
const OPTIONS: [(&str, &str); 5] = [
    ("capped", "is capped: old rows vanish"),
    ("clusteredIndex", "is clustered"),
    ("timeseries", "is a time series"),
    ("expireAfterSeconds", "has rows that expire by themselves"),
    ("collation", "has a collation of its own"),
];

/// The validator of a collection.
pub(super) async fn validator(database: &Database, name: &str) -> Result<Option<Document>> {
    let found = collections(database, doc! {"name": name}).await?;
    Ok(found.first().and_then(|found| validator_of(options(found))).cloned())
}

/// Whether a field holds this text.
fn is(document: &Document, field: &str, text: &str) -> bool {
    document.get_str(field).is_ok_and(|value| value == text)
}

fn options(collection: &Document) -> Option<&Document> {
    collection.get_document("options").ok()
}

fn validator_of(options: Option<&Document>) -> Option<&Document> {
    options?.get_document("validator").ok()
}

/// The collections of these names, as tables.
pub(super) async fn tables(database: &Database, names: &[String]) -> Result<Vec<LiveTable>> {
    let kept = catalogue::read_some(database, names).await?;
    let mut tables = Vec::new();
    for collection in collections(database, doc! {"name": {"$in": names}}).await? {
        let name = collection.get_str("name").unwrap_or_default().to_owned();
        let columns = validator_of(options(&collection)).map(columns).unwrap_or_default();
        let kept = kept.iter().find(|table| table.name == name).map(|kept| seen(kept, &columns));
        let mut surprises = surprises(&collection, kept.as_ref(), &columns);
        let listed = if is(&collection, "type", "collection") { listed(database, &name).await? } else { vec![] };
        if let Some(kept) = &kept {
            surprises.extend(index_surprises(&listed, kept));
        }
        let indexes = listed.iter().filter_map(|listed| live_index(listed, kept.as_ref())).collect();
        let primary_key = kept.as_ref().map(|kept| primary_key(&listed, kept)).unwrap_or_default();
        let references = kept.map(|table| table.references).unwrap_or_default();
        tables.push(LiveTable { name, columns, primary_key, indexes, references, surprises });
    }
    Ok(tables)
}

/// All indexes of a collection but MongoDB's own, as `createIndexes` takes them.
async fn listed(database: &Database, name: &str) -> Result<Vec<Document>> {
    let listing = database.run_cursor_command(doc! {"listIndexes": name}).selection_criteria(primary());
    let mut listed: Vec<Document> = listing.await?.try_collect().await?;
    listed.retain(|index| !is(index, "name", "_id_"));
    for index in &mut listed {
        index.remove("v");
        index.remove("ns");
    }
    Ok(listed)
}

/// The columns of the unique index that stands for the primary key.
fn primary_key(listed: &[Document], kept: &TableDef) -> Vec<String> {
    let own =
        |index: &&Document| is(index, "name", &kept.primary_key_name()) && index.get_bool("unique").unwrap_or(false);
    let key = listed.iter().find(own).and_then(|index| index.get_document("key").ok());
    key.into_iter().flat_map(Document::keys).cloned().collect()
}

fn columns(validator: &Document) -> Vec<LiveColumn> {
    let Ok(schema) = validator.get_document("$jsonSchema") else { return Vec::new() };
    let required: Vec<&str> = schema
        .get_array("required")
        .map_or_else(|_| Vec::new(), |names| names.iter().filter_map(Bson::as_str).collect());
    let properties = schema.get_document("properties").into_iter().flatten();
    let column = |(name, property): (&String, &Bson)| LiveColumn {
        name: name.clone(),
        ty: property.as_document().and_then(schema::column_type),
        nullable: !required.contains(&name.as_str()),
    };
    properties.map(column).collect()
}

/// A table of the catalogue, with nullable columns as the validator says.
fn seen(kept: &TableDef, columns: &[LiveColumn]) -> TableDef {
    let mut table = kept.clone();
    for column in &mut table.columns {
        column.nullable = columns.iter().any(|live| live.name == column.name && live.nullable);
    }
    table
}

/// What a collection is or has that no migration makes, but for its indexes.
fn surprises(collection: &Document, kept: Option<&TableDef>, columns: &[LiveColumn]) -> Vec<String> {
    let is_usual = |option: &str, usual: &str| {
        let value = options(collection).and_then(|options| options.get_str(option).ok());
        value.is_none_or(|value| value == usual)
    };
    let has = |option: &str| options(collection).is_some_and(|options| options.contains_key(option));
    let mut surprises: Vec<String> =
        OPTIONS.iter().filter(|(option, _)| has(option)).map(|(_, what)| (*what).to_owned()).collect();
    if is(collection, "type", "view") {
        surprises.push("is a view".to_owned());
    }
    if !is_usual("validationLevel", "strict") {
        surprises.push("has rows that its validator does not see: its validationLevel is not strict".to_owned());
    }
    if !is_usual("validationAction", "error") {
        surprises.push("takes rows that its validator refuses: its validationAction is not error".to_owned());
    }
    if kept.is_none() {
        surprises.push("is not in the catalogue".to_owned());
    }
    // Columns of other types are told by themselves.
    let own: Option<Vec<ColumnDef>> = columns.iter().map(declared).collect();
    let validator = validator_of(options(collection));
    if let (Some(columns), Some(kept), Some(validator)) = (own, kept, validator)
        && schema::validator(&TableDef { columns, ..kept.clone() }) != *validator
    {
        surprises.push("has a validator with other conditions".to_owned());
    }
    surprises
}

fn declared(live: &LiveColumn) -> Option<ColumnDef> {
    Some(ColumnDef { nullable: live.nullable, ..ColumnDef::new(&live.name, live.ty?) })
}

/// How the indexes differ from those that migrations make of the table, as far as an [`IndexDef`] does not say it.
fn index_surprises(listed: &[Document], kept: &TableDef) -> Vec<String> {
    let mut surprises = Vec::new();
    for made in schema::indexes(kept) {
        let name = made.get_str("name").unwrap_or_default();
        match listed.iter().find(|listed| is(listed, "name", name)) {
            None if is_declared(kept, name) || name == kept.primary_key_name() => {}
            None => surprises.push(format!("lacks the index {name} of a reference")),
            Some(listed) => {
                let differing = differing(listed, &made);
                if !differing.is_empty() {
                    surprises.push(format!("has an index {name} with another {}", differing.join(" and ")));
                }
            }
        }
    }
    surprises
}

/// The names of the fields in which two indexes differ, in the order of their columns too.
fn differing<'d>(one: &'d Document, other: &'d Document) -> Vec<&'d str> {
    let same = |name: &str| match (one.get(name), other.get(name)) {
        // Two documents are equal in whatever order their fields come.
        (Some(Bson::Document(one)), Some(Bson::Document(other))) => one.iter().eq(other.iter()),
        (one, other) => one == other,
    };
    let only_other = other.keys().filter(|name| !one.contains_key(name));
    one.keys().chain(only_other).map(String::as_str).filter(|name| !same(name)).collect()
}

fn is_declared(kept: &TableDef, name: &str) -> bool {
    kept.indexes.iter().any(|declared| declared.name == name)
}

/// An index, unless it is the primary key's or one that only serves a reference. One that is what a declaration makes
/// is that declaration.
fn live_index(listed: &Document, kept: Option<&TableDef>) -> Option<IndexDef> {
    let name = listed.get_str("name").unwrap_or_default();
    if let Some(kept) = kept {
        if let Some(declared) = kept.indexes.iter().find(|declared| declared.name == name) {
            if differing(listed, &schema::index(kept, declared)).is_empty() {
                return Some(declared.clone());
            }
        } else if schema::indexes(kept).iter().any(|made| is(made, "name", name)) {
            return None;
        }
    }
    let key = listed.get_document("key").ok();
    Some(IndexDef {
        name: name.to_owned(),
        columns: key.into_iter().flat_map(Document::keys).cloned().collect(),
        unique: listed.get_bool("unique").unwrap_or(false),
        only_where_null: listed.get_document("partialFilterExpression").ok().map(Document::to_string),
    })
}
