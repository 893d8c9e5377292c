//! What `verify` says of collections that somebody else has changed.

use authsome_core::clock::SystemClock;
use authsome_core::migration::{Operation, RunBy};
use authsome_core::schema::{ColumnDef, OnDelete, ReferenceDef};
use authsome_core::store::Store;
use authsome_core::value::ColumnType;
use authsome_migrate::{Difference, Migrator, Part};
use mongodb::bson::{Document, doc};

use crate::fixture::{Home, create, step, table};

static CLOCK: SystemClock = SystemClock;

async fn differences(home: &Home) -> Vec<Difference> {
    let groups = [authsome_core::registry::migrations()];
    Migrator::new(&home.store, &groups, &CLOCK).unwrap().verify().await.unwrap()
}

/// The sentence parts that are said of a table, and nothing else is.
async fn said(home: &Home, table: &str) -> Vec<String> {
    let found = differences(home).await;
    let part = |difference: &Difference| match difference {
        Difference::Surprise { table: found, what } if found == table => Some(what.clone()),
        _ => None,
    };
    let parts: Vec<String> = found.iter().filter_map(part).collect();
    assert_eq!(parts.len(), found.len(), "{found:?}");
    parts
}

/// Puts another index in the place of the one of this name.
async fn replace(home: &Home, table: &str, index: Document) {
    let name = index.get_str("name").unwrap();
    home.beside.collection::<Document>(table).drop_index(name).await.unwrap();
    home.beside.run_command(doc! {"createIndexes": table, "indexes": [index]}).await.unwrap();
}

#[tokio::test]
async fn a_primary_key_and_an_index_that_are_missing_are_seen() {
    let home = Home::new(None).await;
    assert_eq!(differences(&home).await, []);
    for index in ["authsome_sessions_pkey", "authsome_sessions_user_idx"] {
        home.beside.collection::<Document>("authsome_sessions").drop_index(index).await.unwrap();
    }
    let found = differences(&home).await;
    let missing = Difference::Missing {
        table: "authsome_sessions".to_owned(),
        part: Part::Index("authsome_sessions_user_idx".to_owned()),
    };
    assert!(found.contains(&missing), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");
    let no_key = Difference::PrimaryKey { table: "authsome_sessions".to_owned(), live: Vec::new() };
    assert!(found.contains(&no_key), "{found:?}");
    home.leave().await;
}

#[tokio::test]
async fn an_index_with_another_option_is_seen() {
    let home = Home::new(None).await;
    let table = "authsome_sessions";
    let unique = || doc! {"key": {"token_hash": 1}, "name": "authsome_sessions_token_key", "unique": true};
    for (option, value) in [
        ("sparse", doc! {"of": true}),
        ("hidden", doc! {"of": true}),
        ("expireAfterSeconds", doc! {"of": 60}),
        ("collation", doc! {"of": {"locale": "de"}}),
        ("partialFilterExpression", doc! {"of": {"token_hash": {"$exists": true}}}),
    ] {
        let mut index = unique();
        index.insert(option, value.get("of").unwrap());
        replace(&home, table, index).await;
        let found = differences(&home).await;
        let named = |found: &Difference| matches!(found, Difference::Surprise { what, .. } if what.ends_with(option));
        assert!(found.iter().any(named), "{option}: {found:?}");
    }
    replace(&home, table, unique()).await;
    assert_eq!(differences(&home).await, []);
    let name = "authsome_users_username_key";
    let without = doc! {"key": {"app_id": 1, "env_id": 1, "username_key": 1}, "name": name, "unique": true};
    replace(&home, "authsome_users", without).await;
    assert!(!differences(&home).await.is_empty(), "a condition that is missing");
    home.leave().await;
}

#[tokio::test]
async fn an_index_with_its_columns_in_another_order_is_seen() {
    let home = Home::new(None).await;
    let name = "authsome_sessions_pkey";
    let turned = doc! {"key": {"env_id": 1, "app_id": 1, "id": 1}, "name": name, "unique": true};
    replace(&home, "authsome_sessions", turned).await;
    let live = ["env_id", "app_id", "id"].map(str::to_owned).to_vec();
    let turned = Difference::PrimaryKey { table: "authsome_sessions".to_owned(), live };
    assert!(differences(&home).await.contains(&turned));
    let straight = doc! {"key": {"app_id": 1, "env_id": 1, "id": 1}, "name": name, "unique": true};
    replace(&home, "authsome_sessions", straight).await;
    assert_eq!(differences(&home).await, []);
    let turned = doc! {
        "key": {"env_id": 1, "app_id": 1, "email_key": 1},
        "name": "authsome_users_email_key",
        "unique": true,
        "partialFilterExpression": {"deleted_at": {"$eq": null}},
    };
    let mut straight = turned.clone();
    straight.insert("key", doc! {"app_id": 1, "env_id": 1, "email_key": 1});
    replace(&home, "authsome_users", turned).await;
    assert!(!differences(&home).await.is_empty());
    replace(&home, "authsome_users", straight).await;
    assert_eq!(differences(&home).await, []);
    let name = "authsome_sessions_token_key";
    let down = doc! {"key": {"token_hash": -1}, "name": name, "unique": true};
    replace(&home, "authsome_sessions", down).await;
    let found = differences(&home).await;
    let named = |found: &Difference| matches!(found, Difference::Surprise { what, .. } if what.contains(name));
    assert!(found.iter().any(named), "{found:?}");
    home.leave().await;
}

#[tokio::test]
async fn an_index_that_only_serves_a_reference_and_is_missing_is_seen() {
    let home = Home::unmigrated(None).await;
    let mut child = table("test_child").column(ColumnDef::new("parent_id", ColumnType::Text));
    child.references.push(ReferenceDef {
        name: "test_child_parent_fkey".to_owned(),
        columns: vec!["parent_id".to_owned()],
        parent: "test_parent".to_owned(),
        parent_columns: vec!["id".to_owned()],
        on_delete: OnDelete::Cascade,
    });
    let mut session = home.store.migrations().begin().await.unwrap();
    let run = RunBy { program: "test", clock: &CLOCK };
    session.apply(&[step(vec![create("test_parent"), Operation::CreateTable(child)])], &run).await.unwrap();
    let names = ["test_child".to_owned()];
    let surprises = async || {
        let live = home.store.migrations().introspect(&names).await.unwrap();
        live.into_iter().flat_map(|table| table.surprises).collect::<Vec<_>>()
    };
    assert_eq!(surprises().await, Vec::<String>::new());
    home.beside.collection::<Document>("test_child").drop_index("test_child_parent_fkey").await.unwrap();
    assert_eq!(surprises().await, ["lacks the index test_child_parent_fkey of a reference"]);
    home.leave().await;
}

#[tokio::test]
async fn a_validator_that_is_weakened_is_seen() {
    let home = Home::new(None).await;
    let table = "authsome_sessions";
    for (setting, weak, strict) in [("validationLevel", "moderate", "strict"), ("validationAction", "warn", "error")] {
        home.beside.run_command(doc! {"collMod": table, setting: weak}).await.unwrap();
        let found = said(&home, table).await;
        assert!(matches!(&found[..], [what] if what.contains(setting)), "{found:?}");
        home.beside.run_command(doc! {"collMod": table, setting: strict}).await.unwrap();
        assert_eq!(differences(&home).await, []);
    }
    let names = home.beside.list_collections().filter(doc! {"name": table});
    let described: Vec<_> = futures::TryStreamExt::try_collect(names.await.unwrap()).await.unwrap();
    let mut validator = described
        .into_iter()
        .find_map(|found: mongodb::results::CollectionSpecification| found.options.validator)
        .unwrap();
    validator.insert("app_id", doc! {"$ne": "x"});
    home.beside.run_command(doc! {"collMod": table, "validator": validator}).await.unwrap();
    assert_eq!(said(&home, table).await, ["has a validator with other conditions"]);
    home.leave().await;
}

#[tokio::test]
async fn a_collection_of_another_kind_is_seen() {
    let home = Home::new(None).await;
    let table = "authsome_sessions";
    for options in [
        doc! {"capped": true, "size": 1_000_000},
        doc! {"clusteredIndex": {"key": {"_id": 1}, "unique": true}},
        doc! {"collation": {"locale": "de"}},
        doc! {"timeseries": {"timeField": "created_at"}},
        doc! {"viewOn": "authsome_users", "pipeline": []},
    ] {
        home.beside.collection::<Document>(table).drop().await.unwrap();
        let mut command = doc! {"create": table};
        command.extend(options.clone());
        home.beside.run_command(command).await.unwrap();
        let kind = |found: &Difference| match found {
            Difference::Surprise { what, .. } => ["is ", "has a collation"].iter().any(|begin| what.starts_with(begin)),
            _ => false,
        };
        let found = differences(&home).await;
        assert!(found.iter().any(kind), "{options}: {found:?}");
    }
    home.leave().await;
}
