//! What `verify` sees: each way in which a live table can differ from its declaration.

use authsome_core::entity::Entity;
use authsome_core::migration::Operation;
use authsome_core::schema::{ColumnDef, IndexDef, OnDelete, ScopeLevel, TableDef};
use authsome_core::value::ColumnType;
use authsome_migrate::{Difference, Part};

use super::{differences, group, table};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, backend, ensure_eq};

pub(super) fn cases() -> Vec<Case> {
    cases!("migrations" {
        unmigrated: [
            verify_sees_a_column_that_is_missing_or_not_declared,
            verify_sees_a_column_that_is_not_as_declared,
            verify_sees_an_index_that_is_missing_or_not_declared,
            verify_sees_an_index_with_other_columns_or_another_uniqueness_or_condition,
            verify_sees_a_reference_that_is_missing_or_not_as_declared,
            verify_sees_a_table_that_is_missing,
            a_row_with_a_column_of_a_step_that_did_not_run_is_refused,
        ]
    })
}

const TABLE: &str = "conformance_drifting";

fn drifting() -> TableDef {
    table(TABLE)
        .column(ColumnDef::new("count", ColumnType::Int))
        .column(ColumnDef::new("gone", ColumnType::Time).nullable())
}

fn make(tables: &[&TableDef]) -> authsome_core::migration::MigrationGroup {
    group("drift", vec![tables.iter().map(|table| Operation::CreateTable((*table).clone())).collect()])
}

/// What `verify` says of tables where these are there and those are declared. That the step is another one than the
/// history says is left out.
async fn seen(cx: &Cx, live: &[&TableDef], declared: &[&TableDef]) -> Outcome<Vec<Difference>> {
    cx.store().migrate(&[make(live)]).await?;
    ensure_eq!(differences(cx, &[make(live)]).await?, Vec::new(), "what was made is what is there");
    let found = differences(cx, &[make(declared)]).await?;
    Ok(found.into_iter().filter(|difference| !matches!(difference, Difference::History(_))).collect())
}

fn here() -> String {
    TABLE.to_owned()
}

async fn verify_sees_a_column_that_is_missing_or_not_declared(cx: &mut Cx) -> Outcome {
    let mut declared = drifting();
    declared.columns.retain(|column| column.name != "gone");
    let declared = declared.column(ColumnDef::new("new", ColumnType::Bool).nullable());
    let expected = vec![
        Difference::Missing { table: here(), part: Part::Column("new".to_owned()) },
        Difference::Extra { table: here(), part: Part::Column("gone".to_owned()) },
    ];
    ensure_eq!(seen(cx, &[&drifting()], &[&declared]).await?, expected);
    Ok(())
}

async fn verify_sees_a_column_that_is_not_as_declared(cx: &mut Cx) -> Outcome {
    let mut declared = drifting();
    for column in &mut declared.columns {
        match column.name.as_str() {
            "count" => column.ty = ColumnType::Bytes,
            "note" => column.nullable = false,
            "code" => column.nullable = true,
            _ => {}
        }
    }
    let nullability =
        |column: &str, declared| Difference::Nullability { table: here(), column: column.to_owned(), declared };
    let (declared_type, live) = (ColumnType::Bytes, Some(ColumnType::Int));
    let expected = vec![
        nullability("note", false),
        nullability("code", true),
        Difference::ColumnType { table: here(), column: "count".to_owned(), declared: declared_type, live },
    ];
    ensure_eq!(seen(cx, &[&drifting()], &[&declared]).await?, expected);
    Ok(())
}

async fn verify_sees_an_index_that_is_missing_or_not_declared(cx: &mut Cx) -> Outcome {
    let mut declared = drifting();
    declared.indexes.clear();
    let declared = declared.index(IndexDef::plain("conformance_drifting_count_idx", &["count"]));
    let expected = vec![
        Difference::Missing { table: here(), part: Part::Index("conformance_drifting_count_idx".to_owned()) },
        Difference::Extra { table: here(), part: Part::Index("conformance_drifting_code_key".to_owned()) },
    ];
    ensure_eq!(seen(cx, &[&drifting()], &[&declared]).await?, expected);
    Ok(())
}

async fn verify_sees_an_index_with_other_columns_or_another_uniqueness_or_condition(cx: &mut Cx) -> Outcome {
    let unique = |name: &str, columns: &[&str]| IndexDef::unique(&format!("conformance_drifting_{name}"), columns);
    let partial = |name: &str, columns: &[&str]| unique(name, columns).only_where_null("gone");
    let plain = |name: &str, columns: &[&str]| IndexDef::plain(&format!("conformance_drifting_{name}"), columns);
    let live = drifting()
        .index(unique("one_key", &["id", "count"]))
        .index(unique("two_key", &["count", "id"]))
        .index(partial("three_key", &["code", "id"]))
        .index(unique("four_key", &["count", "code"]))
        .index(plain("five_idx", &["code", "count"]));
    let declared = drifting()
        .index(unique("one_key", &["count", "id"]))
        .index(partial("two_key", &["count", "id"]))
        .index(unique("three_key", &["code", "id"]))
        .index(plain("four_key", &["count", "code"]))
        .index(plain("five_idx", &["code", "count"]));
    let other =
        |name: &str| Difference::Changed { table: here(), part: Part::Index(format!("conformance_drifting_{name}")) };
    let expected = vec![other("one_key"), other("two_key"), other("three_key"), other("four_key")];
    ensure_eq!(seen(cx, &[&live], &[&declared]).await?, expected);
    Ok(())
}

async fn verify_sees_a_reference_that_is_missing_or_not_as_declared(cx: &mut Cx) -> Outcome {
    let parent = table("conformance_parents");
    let child = |references: &[(&str, OnDelete)]| {
        let columns = ["one", "two"].map(|name| ColumnDef::new(name, ColumnType::Text).max_len(64).nullable());
        let table = columns.into_iter().fold(table(TABLE), TableDef::column);
        references.iter().fold(table, |table, (column, on_delete)| {
            table.reference(column, &parent.name, ScopeLevel::Global, "id", *on_delete)
        })
    };
    let live = child(&[("one", OnDelete::Cascade)]);
    let declared = child(&[("one", OnDelete::Restrict), ("two", OnDelete::Restrict)]);
    let expected = vec![
        Difference::Changed { table: here(), part: Part::Reference("conformance_drifting_one_fkey".to_owned()) },
        Difference::Missing { table: here(), part: Part::Reference("conformance_drifting_two_fkey".to_owned()) },
    ];
    ensure_eq!(seen(cx, &[&parent, &live], &[&parent, &declared]).await?, expected);
    Ok(())
}

async fn verify_sees_a_table_that_is_missing(cx: &mut Cx) -> Outcome {
    let other = table("conformance_other");
    let expected = vec![Difference::MissingTable { table: other.name.clone() }];
    ensure_eq!(seen(cx, &[&drifting()], &[&drifting(), &other]).await?, expected);
    Ok(())
}

/// A row of a program that is newer than the database.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "conformance_drifting", scope = Global)]
#[index(name = "conformance_drifting_code_key", columns(code), unique)]
struct Newer {
    #[entity(id, max_len = 64)]
    id: String,
    note: Option<String>,
    #[entity(max_len = 64)]
    code: String,
    late: Option<bool>,
}

async fn a_row_with_a_column_of_a_step_that_did_not_run_is_refused(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[make(&[&table(TABLE)])]).await?;
    let row = Newer { id: "a".to_owned(), note: None, code: "a".to_owned(), late: Some(true) };
    backend(row.insert((), cx.db()).await)
}
