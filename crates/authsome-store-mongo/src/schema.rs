//! Tables as collections: validators, indexes, and the documents of the catalogue.

use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ReferenceDef, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;
use mongodb::bson::{Bson, Document, doc};

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
    let primary = table.uniques().into_iter().take(1);
    let declared: Vec<IndexDef> = primary.chain(table.indexes.iter().cloned()).collect();
    let unserved = table.references.iter().filter(|reference| !declared.iter().any(|index| serves(index, reference)));
    let own = unserved
        .map(|reference| IndexDef { columns: reference.columns.clone(), ..IndexDef::plain(&reference.name, &[]) });
    declared.iter().cloned().chain(own).map(|declared| index(table, &declared)).collect()
}

/// Whether the first columns of an index over all rows are those of the reference, in whatever order.
fn serves(index: &IndexDef, reference: &ReferenceDef) -> bool {
    index.only_where_null.is_none()
        && index
            .columns
            .get(..reference.columns.len())
            .is_some_and(|first| first.iter().all(|column| reference.columns.contains(column)))
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

const SCOPES: [(ScopeLevel, &str); 3] =
    [(ScopeLevel::Environment, "environment"), (ScopeLevel::App, "app"), (ScopeLevel::Global, "global")];
const DELETIONS: [(OnDelete, &str); 2] = [(OnDelete::Cascade, "cascade"), (OnDelete::Restrict, "restrict")];

fn name_of<T: PartialEq>(names: &[(T, &'static str)], wanted: &T) -> &'static str {
    names.iter().find(|(value, _)| value == wanted).map_or("", |(_, name)| name)
}

fn named<T: Copy>(names: &[(T, &str)], name: &str) -> Option<T> {
    names.iter().find(|(_, other)| *other == name).map(|(value, _)| *value)
}

/// A table as the catalogue keeps it: all that validators and indexes do not tell.
pub(crate) fn catalogued(table: &TableDef) -> Document {
    let columns: Vec<Document> =
        table.columns.iter().map(|column| doc! {"name": &column.name, "nullable": column.nullable}).collect();
    let index = |index: &IndexDef| {
        let mut kept = doc! {"name": &index.name, "columns": &index.columns, "unique": index.unique};
        if let Some(column) = &index.only_where_null {
            kept.insert("only_where_null", column);
        }
        kept
    };
    let reference = |reference: &ReferenceDef| {
        doc! {
            "name": &reference.name,
            "columns": &reference.columns,
            "parent": &reference.parent,
            "parent_columns": &reference.parent_columns,
            "on_delete": name_of(&DELETIONS, &reference.on_delete),
        }
    };
    doc! {
        "_id": &table.name,
        "scope": name_of(&SCOPES, &table.scope),
        "id": &table.id,
        "columns": columns,
        "indexes": table.indexes.iter().map(index).collect::<Vec<_>>(),
        "references": table.references.iter().map(reference).collect::<Vec<_>>(),
    }
}

/// The table in a document of the catalogue, with columns without types; `None` for a document that is not ours.
pub(crate) fn from_catalogue(kept: &Document) -> Option<TableDef> {
    let column = |kept: &Document| {
        let column = ColumnDef::new(kept.get_str("name").ok()?, ColumnType::Text);
        Some(ColumnDef { nullable: kept.get_bool("nullable").ok()?, max_len: None, ..column })
    };
    let index = |kept: &Document| {
        Some(IndexDef {
            name: kept.get_str("name").ok()?.to_owned(),
            columns: texts(kept, "columns")?,
            unique: kept.get_bool("unique").ok()?,
            only_where_null: kept.get_str("only_where_null").ok().map(str::to_owned),
        })
    };
    let reference = |kept: &Document| {
        Some(ReferenceDef {
            name: kept.get_str("name").ok()?.to_owned(),
            columns: texts(kept, "columns")?,
            parent: kept.get_str("parent").ok()?.to_owned(),
            parent_columns: texts(kept, "parent_columns")?,
            on_delete: named(&DELETIONS, kept.get_str("on_delete").ok()?)?,
        })
    };
    Some(TableDef {
        name: kept.get_str("_id").ok()?.to_owned(),
        scope: named(&SCOPES, kept.get_str("scope").ok()?)?,
        id: kept.get_str("id").ok()?.to_owned(),
        columns: each(kept, "columns", column)?,
        indexes: each(kept, "indexes", index)?,
        references: each(kept, "references", reference)?,
    })
}

fn each<T>(kept: &Document, name: &str, read: impl Fn(&Document) -> Option<T>) -> Option<Vec<T>> {
    kept.get_array(name).ok()?.iter().map(|item| read(item.as_document()?)).collect()
}

fn texts(kept: &Document, name: &str) -> Option<Vec<String>> {
    kept.get_array(name).ok()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_keeps_a_table_but_for_its_types() {
        for table in authsome_core::registry::tables() {
            let mut expected = table.clone();
            for column in &mut expected.columns {
                (column.ty, column.max_len) = (ColumnType::Text, None);
            }
            assert_eq!(from_catalogue(&catalogued(table)), Some(expected));
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
