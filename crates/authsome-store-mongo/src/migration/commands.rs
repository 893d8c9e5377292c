//! Operations as MongoDB's commands.

use std::collections::BTreeSet;

use authsome_core::error::StoreError;
use authsome_core::migration::{Dialect, MigrateError, Operation, Step};
use authsome_core::schema::{Schema, TableDef};
use mongodb::bson::{Document, doc};

use crate::catalogue::COLLECTION;
use crate::error::Refusal;
use crate::schema::{catalogued, indexes, validator};

pub(super) const DIALECT: Dialect = Dialect::new("mongodb");

/// The commands of a step as `mongosh` takes them.
pub(super) fn render(step: &Step) -> Result<Vec<String>, MigrateError> {
    let mut rendered = Vec::new();
    let mut schema = step.before.clone();
    for operation in &step.operations {
        if let Some(statement) = raw(operation) {
            rendered.push(format!("db.runCommand({statement})"));
            continue;
        }
        let after = applied(&schema, operation, step)?;
        for command in commands(operation, &schema, &after)? {
            rendered.push(shown(&command)?);
        }
        schema = after;
    }
    for command in catalogue_writes(&tables_of(&step.operations), &schema)? {
        rendered.push(shown(&command)?);
    }
    Ok(rendered)
}

fn shown(command: &Document) -> Result<String, StoreError> {
    serde_json::to_string(command).map(|command| format!("db.runCommand({command})")).map_err(StoreError::backend)
}

/// The tables that operations change, each once, in order.
pub(super) fn tables_of<'o>(operations: impl IntoIterator<Item = &'o Operation>) -> BTreeSet<String> {
    let table = |operation: &Operation| match operation {
        Operation::CreateTable(table) => Some(table.name.clone()),
        Operation::DropTable { table }
        | Operation::AddColumn { table, .. }
        | Operation::DropColumn { table, .. }
        | Operation::CreateIndex { table, .. }
        | Operation::DropIndex { table, .. } => Some(table.clone()),
        Operation::Raw { .. } => None,
    };
    operations.into_iter().filter_map(table).collect()
}

/// The commands that make the catalogue say of these tables what the schema does.
pub(super) fn catalogue_writes(tables: &BTreeSet<String>, schema: &Schema) -> Result<Vec<Document>, StoreError> {
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for name in tables {
        match schema.tables.get(name) {
            Some(table) => kept.push(doc! {"q": {"_id": name}, "u": catalogued(table)?, "upsert": true}),
            None => gone.push(doc! {"q": {"_id": name}, "limit": 1}),
        }
    }
    let mut commands = Vec::new();
    if !kept.is_empty() {
        commands.push(doc! {"update": COLLECTION, "updates": kept});
    }
    if !gone.is_empty() {
        commands.push(doc! {"delete": COLLECTION, "deletes": gone});
    }
    Ok(commands)
}

fn raw(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Raw { statements } => statements.get(&DIALECT).map(String::as_str),
        _ => None,
    }
}

/// The schema after an operation.
pub(super) fn applied(before: &Schema, operation: &Operation, step: &Step) -> Result<Schema, MigrateError> {
    let mut after = before.clone();
    step.advance(&mut after, operation)?;
    Ok(after)
}

/// The operation that undoes another one's change of the schema; `None` if data was destroyed.
pub(super) fn inverse(operation: &Operation, before: &Schema) -> Option<Operation> {
    let Operation::DropIndex { table, index } = operation else { return operation.inverse() };
    let index = before.tables.get(table)?.indexes.iter().find(|declared| declared.name == *index)?;
    Some(Operation::CreateIndex { table: table.clone(), index: index.clone() })
}

/// The commands that carry out an operation but for the catalogue, in order. Each does nothing where it was done
/// before, but for `create`,
/// `drop` and `dropIndexes`, which say so.
pub(super) fn commands(operation: &Operation, before: &Schema, after: &Schema) -> Result<Vec<Document>, StoreError> {
    match operation {
        Operation::CreateTable(table) => {
            check_names(table)?;
            for reference in &table.references {
                let parent = after.tables.get(&reference.parent);
                if parent.is_none_or(|parent| parent.primary_key() != reference.parent_columns) {
                    return Err(Refusal::NotAKey(reference.name.clone()).into());
                }
            }
            Ok(vec![doc! {"create": &table.name, "validator": validator(table)}, create_indexes(table, indexes(table))])
        }
        Operation::DropTable { table } => Ok(vec![doc! {"drop": table}]),
        Operation::AddColumn { table, .. } => {
            let table = table_of(after, table)?;
            check_names(table)?;
            Ok(vec![validate(table)])
        }
        Operation::DropColumn { table, column } => {
            let table = table_of(after, table)?;
            let empty = doc! {"q": {column: {"$exists": true}}, "u": {"$unset": {column: ""}}, "multi": true};
            Ok(vec![validate(table), doc! {"update": &table.name, "updates": [empty]}])
        }
        Operation::CreateIndex { table, .. } | Operation::DropIndex { table, .. } => {
            let (old, new) = (indexes(table_of(before, table)?), indexes(table_of(after, table)?));
            let missing = |from: &[Document], index: &&Document| !from.contains(*index);
            let added: Vec<Document> = new.iter().filter(|index| missing(&old, index)).cloned().collect();
            let dropped: Vec<&str> = old
                .iter()
                .filter(|index| missing(&new, index))
                .filter_map(|index| index.get_str("name").ok())
                .collect();
            let table = table_of(after, table)?;
            let mut commands = Vec::new();
            if !added.is_empty() {
                commands.push(create_indexes(table, added));
            }
            if !dropped.is_empty() {
                commands.push(doc! {"dropIndexes": &table.name, "index": dropped});
            }
            Ok(commands)
        }
        Operation::Raw { .. } => raw(operation).map(parse).transpose().map(|command| command.into_iter().collect()),
    }
}

fn table_of<'s>(schema: &'s Schema, name: &str) -> Result<&'s TableDef, StoreError> {
    schema.tables.get(name).ok_or_else(|| Refusal::NotMigrated(name.to_owned()).into())
}

fn create_indexes(table: &TableDef, indexes: Vec<Document>) -> Document {
    doc! {"createIndexes": &table.name, "indexes": indexes}
}

fn validate(table: &TableDef) -> Document {
    doc! {"collMod": &table.name, "validator": validator(table)}
}

/// Fields that begin with `_` are the backend's, those with `$` operators, and a dot leads into a document.
fn check_names(table: &TableDef) -> Result<(), StoreError> {
    let names = table.columns.iter().map(|column| &column.name).chain([&table.name]);
    match names.into_iter().find(|name| name.starts_with('_') || name.contains(['$', '.'])) {
        Some(name) => Err(Refusal::Name(name.clone()).into()),
        None => Ok(()),
    }
}

fn parse(statement: &str) -> Result<Document, StoreError> {
    match serde_json::from_str::<Document>(statement) {
        Ok(command) if !command.is_empty() => Ok(command),
        _ => Err(Refusal::NotACommand.into()),
    }
}
