//! Tables as collections: validators, indexes, and the documents of the catalogue.

use authsome_core::error::StoreError;
use authsome_core::schema::{ColumnDef, IndexDef, TableDef};
use authsome_core::value::ColumnType;
use mongodb::bson::{Bson, Document, deserialize_from_bson, doc, serialize_to_bson};

/// The mark of a JSON column in a validator; its BSON type is that of text.
const JSON: &str = "json";

const TYPES: [(ColumnType, &str); 6] = [
    (ColumnType::Bool, "bool"),
    (ColumnType::Int, "long"),
    (ColumnType::Text, "string"),
    (ColumnType::Bytes, "binData"),
    (ColumnType::Time, "date"),
    (ColumnType::Json, "string"),
];

/// The validator of a table.
pub(crate) fn validator(table: &TableDef) -> Document {
    let required: Vec<&String> =
        table.columns.iter().filter(|column| !column.nullable).map(|column| &column.name).collect();
    let properties: Document =
        table.columns.iter().map(|column| (column.name.clone(), property(column).into())).collect();
    doc! {"$jsonSchema": {"bsonType": "object", "required": required, "properties": properties}}
}

fn property(column: &ColumnDef) -> Document {
    let bson_type = TYPES.iter().find(|(ty, _)| *ty == column.ty).map_or("", |(_, name)| name);
    let mut property = doc! {"bsonType": bson_type};
    if column.ty == ColumnType::Json {
        property.insert("title", JSON);
    }
    property
}

/// The portable type that a validator's property declares; `None` for a type that is not ours.
pub(crate) fn column_type(property: &Document) -> Option<ColumnType> {
    if property.get_str("title").is_ok_and(|title| title == JSON) {
        return (*property == doc! {"bsonType": "string", "title": JSON}).then_some(ColumnType::Json);
    }
    let bson_type = property.get_str("bsonType").ok()?;
    TYPES.iter().find(|(_, name)| *name == bson_type).map(|(ty, _)| *ty)
}

/// All indexes of a table as `createIndexes` takes them: the primary key's, the declared ones in their order, and one
/// for each reference without a fitting index for its children.
pub(crate) fn indexes(table: &TableDef) -> Vec<Document> {
    let declared = [table.primary_index()].into_iter().chain(table.secondary_indexes());
    declared.map(|declared| index(table, &declared)).collect()
}

/// An index as `createIndexes` takes it. Without being unique, it ends with the id, in whose order its rows then come.
/// A unique one leaves out rows in which one of its columns is null.
pub(crate) fn index(table: &TableDef, index: &IndexDef) -> Document {
    let mut key: Document = index.columns.iter().map(|column| (column.clone(), Bson::Int32(1))).collect();
    if !index.unique && !key.contains_key(&table.id) {
        key.insert(&table.id, 1);
    }
    let mut condition = Document::new();
    if index.unique {
        let nullable = |name: &&String| table.find_column(name).is_some_and(|column| column.nullable);
        condition
            .extend(index.columns.iter().filter(nullable).map(|name| (name.clone(), doc! {"$exists": true}.into())));
    }
    if let Some(column) = &index.only_where_null {
        condition.insert(column, doc! {"$eq": Bson::Null});
    }
    let mut made = doc! {"key": key, "name": &index.name};
    if index.unique {
        made.insert("unique", true);
    }
    if !condition.is_empty() {
        made.insert("partialFilterExpression", condition);
    }
    made
}

/// A table as the catalogue keeps it: all that validators and indexes do not tell.
///
/// # Errors
/// [`StoreError::Backend`], where BSON cannot hold a part of it.
pub(crate) fn catalogued(table: &TableDef) -> Result<Document, StoreError> {
    let columns: Vec<Document> =
        table.columns.iter().map(|column| doc! {"name": &column.name, "nullable": column.nullable}).collect();
    let index = |index: &IndexDef| {
        let mut kept = doc! {"name": &index.name, "columns": &index.columns, "unique": index.unique};
        if let Some(column) = &index.only_where_null {
            kept.insert("only_where_null", column);
        }
        kept
    };
    Ok(doc! {
        "_id": &table.name,
        "scope": serialize_to_bson(&table.scope).map_err(StoreError::backend)?,
        "id": &table.id,
        "columns": columns,
        "indexes": table.indexes.iter().map(index).collect::<Vec<_>>(),
        "references": serialize_to_bson(&table.references).map_err(StoreError::backend)?,
    })
}

/// The table in a document of the catalogue, with columns without types; `None` for a document that is not ours.
pub(crate) fn from_catalogue(kept: &Document) -> Option<TableDef> {
    let column = |kept: &Bson| {
        let kept = kept.as_document()?;
        let column = ColumnDef::new(kept.get_str("name").ok()?, ColumnType::Text);
        Some(ColumnDef { nullable: kept.get_bool("nullable").ok()?, max_len: None, ..column })
    };
    Some(TableDef {
        name: kept.get_str("_id").ok()?.to_owned(),
        scope: deserialize_from_bson(kept.get("scope")?.clone()).ok()?,
        id: kept.get_str("id").ok()?.to_owned(),
        columns: kept.get_array("columns").ok()?.iter().map(column).collect::<Option<_>>()?,
        indexes: deserialize_from_bson(kept.get("indexes")?.clone()).ok()?,
        references: deserialize_from_bson(kept.get("references")?.clone()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use authsome_core::schema::ScopeLevel;

    use super::*;

    #[test]
    fn the_catalogue_keeps_a_table_but_for_its_types() {
        for table in authsome_core::registry::tables() {
            let mut expected = table.clone();
            for column in &mut expected.columns {
                (column.ty, column.max_len) = (ColumnType::Text, None);
            }
            assert_eq!(from_catalogue(&catalogued(table).unwrap()), Some(expected));
        }
    }

    #[test]
    fn a_validator_tells_the_portable_type() {
        for ty in TYPES.map(|(ty, _)| ty) {
            assert_eq!(column_type(&property(&ColumnDef::new("column", ty))), Some(ty));
        }
        assert_eq!(column_type(&doc! {"bsonType": "double"}), None);
    }

    #[test]
    fn a_list_comes_in_the_order_of_its_index() {
        let table = TableDef::new("test_pages", ScopeLevel::Global, ColumnDef::new("id", ColumnType::Text));
        let plain = index(&table, &IndexDef::plain("test_pages_book_idx", &["book"]));
        assert_eq!(plain.get_document("key").unwrap(), &doc! {"book": 1, "id": 1});
        let unique = index(&table, &IndexDef::unique("test_pages_book_key", &["book"]));
        assert_eq!(unique.get_document("key").unwrap(), &doc! {"book": 1});
    }
}
