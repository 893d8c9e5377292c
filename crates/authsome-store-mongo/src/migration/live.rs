//! The live tables: from validators, indexes and, for references, the catalogue.

use authsome_core::migration::{LiveColumn, LiveTable};
use authsome_core::schema::{IndexDef, TableDef};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;
use mongodb::{Database, IndexModel};

use crate::catalogue;
use crate::schema::{column_type, index};

/// The validator of a collection.
pub(super) async fn validator(database: &Database, name: &str) -> Result<Option<Document>> {
    let found = database.list_collections().filter(doc! {"name": name}).await?.try_next().await?;
    Ok(found.and_then(|found| found.options.validator))
}

/// The collections of these names, as tables.
pub(super) async fn tables(database: &Database, names: &[String]) -> Result<Vec<LiveTable>> {
    let kept = catalogue::read_some(database, names).await?;
    let mut found = database.list_collections().filter(doc! {"name": {"$in": names}}).await?;
    let mut tables = Vec::new();
    while let Some(collection) = found.try_next().await? {
        let name = collection.name;
        let columns = collection.options.validator.as_ref().map(columns).unwrap_or_default();
        let kept = kept.iter().find(|table| table.name == name);
        let listed: Vec<IndexModel> =
            database.collection::<Document>(&name).list_indexes().await?.try_collect().await?;
        let indexes = listed.iter().filter_map(|listed| live_index(listed, &name, kept, &columns)).collect();
        let references = kept.map(|table| table.references.clone()).unwrap_or_default();
        tables.push(LiveTable { name, columns, indexes, references });
    }
    Ok(tables)
}

fn columns(validator: &Document) -> Vec<LiveColumn> {
    let Ok(schema) = validator.get_document("$jsonSchema") else { return Vec::new() };
    let required: Vec<&str> = schema
        .get_array("required")
        .map_or_else(|_| Vec::new(), |names| names.iter().filter_map(Bson::as_str).collect());
    let properties = schema.get_document("properties").into_iter().flatten();
    let column = |(name, property): (&String, &Bson)| LiveColumn {
        name: name.clone(),
        ty: property.as_document().and_then(column_type),
        nullable: !required.contains(&name.as_str()),
    };
    properties.map(column).collect()
}

/// An index, unless it is MongoDB's own, the primary key's, or one that only serves a reference. One that is what a
/// declaration makes is that declaration.
fn live_index(listed: &IndexModel, table: &str, kept: Option<&TableDef>, columns: &[LiveColumn]) -> Option<IndexDef> {
    let options = listed.options.clone().unwrap_or_default();
    let name = options.name.unwrap_or_default();
    let serves_reference = |table: &TableDef| table.references.iter().any(|reference| reference.name == name);
    if name == "_id_" || name == format!("{table}_pkey") || kept.is_some_and(serves_reference) {
        return None;
    }
    let unique = options.unique.unwrap_or(false);
    let condition = options.partial_filter_expression.unwrap_or_default();
    let mut made = doc! {"key": &listed.keys, "name": &name};
    if unique {
        made.insert("unique", true);
    }
    if !condition.is_empty() {
        made.insert("partialFilterExpression", condition.clone());
    }
    let declared = kept.and_then(|table| {
        let declared = table.indexes.iter().find(|declared| declared.name == name)?;
        // Whether a column may be null is what the validator says.
        let mut table = table.clone();
        for column in &mut table.columns {
            column.nullable = columns.iter().any(|live| live.name == column.name && live.nullable);
        }
        (index(&table, declared) == made).then(|| declared.clone())
    });
    Some(declared.unwrap_or_else(|| IndexDef {
        name,
        columns: listed.keys.keys().cloned().collect(),
        unique,
        only_where_null: (!condition.is_empty()).then(|| condition.to_string()),
    }))
}
