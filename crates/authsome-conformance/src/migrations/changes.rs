//! What steps change in tables that have rows, and how they are taken back.

use authsome_core::entity::Entity;
use authsome_core::migration::{MigrateError, Migration, MigrationGroup, Operation};
use authsome_core::schema::{ColumnDef, IndexDef};
use authsome_core::time::Timestamp;
use authsome_core::value::ColumnType;
use authsome_migrate::{DownTo, StepRef};

use super::{broken, differences, group, history, migrator, table, tables};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq};
use crate::fixture::{self, at};

pub(super) fn cases() -> Vec<Case> {
    cases!("migrations" {
        unmigrated: [
            a_new_column_holds_no_value_in_old_rows,
            a_new_unique_index_holds_for_old_rows,
            a_new_unique_index_over_twins_is_refused_whole,
            a_dropped_index_forbids_nothing,
            a_dropped_column_leaves_the_others,
            a_dropped_table_is_gone,
            a_step_is_taken_back_and_applied_again,
            everything_is_taken_back_and_applied_again,
            steps_are_applied_up_to_one_and_taken_back_down_to_one,
            a_raw_statement_of_another_dialect_has_nothing_to_do,
        ]
    })
}

/// A row of the table as its first step makes it.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "conformance_evolving", scope = Global)]
#[index(name = "conformance_evolving_code_key", columns(code), unique)]
struct Before {
    #[entity(id, max_len = 64)]
    id: String,
    note: Option<String>,
    #[entity(max_len = 64)]
    code: String,
}

/// A row after the columns that later steps add.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "conformance_evolving", scope = Global)]
#[index(name = "conformance_evolving_code_key", columns(code), unique)]
#[index(name = "conformance_evolving_slug_key", columns(slug), unique)]
struct After {
    #[entity(id, max_len = 64)]
    id: String,
    note: Option<String>,
    #[entity(max_len = 64)]
    code: String,
    #[entity(max_len = 64)]
    slug: Option<String>,
    seen: Option<Timestamp>,
    flag: Option<bool>,
}

/// The first step makes the table; the others follow.
fn evolving(later: Vec<Vec<Operation>>) -> MigrationGroup {
    let first = vec![Operation::CreateTable(table("conformance_evolving"))];
    group("evolving", std::iter::once(first).chain(later).collect())
}

fn add(name: &str, ty: ColumnType) -> Operation {
    let mut column = ColumnDef::new(name, ty).nullable();
    if ty == ColumnType::Text {
        column = column.max_len(64);
    }
    Operation::AddColumn { table: "conformance_evolving".to_owned(), column }
}

fn columns() -> Vec<Operation> {
    vec![add("slug", ColumnType::Text), add("seen", ColumnType::Time), add("flag", ColumnType::Bool)]
}

fn unique(column: &str) -> Operation {
    let index = IndexDef::unique("conformance_evolving_slug_key", &[column]);
    Operation::CreateIndex { table: "conformance_evolving".to_owned(), index }
}

fn before(id: &str) -> Before {
    Before { id: id.to_owned(), note: Some(format!("note {id}")), code: id.to_owned() }
}

fn after(id: &str) -> After {
    let Before { id, note, code } = before(id);
    After { id, note, code, slug: None, seen: None, flag: None }
}

/// The table with two rows.
async fn begun(cx: &Cx) -> Outcome {
    cx.store().migrate(&[evolving(Vec::new())]).await?;
    for id in ["a", "b"] {
        before(id).insert((), cx.db()).await?;
    }
    Ok(())
}

async fn a_new_column_holds_no_value_in_old_rows(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    let group = evolving(vec![columns()]);
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    ensure_eq!(After::find(()).all(cx.db()).await?, vec![after("b"), after("a")]);
    let full = After { slug: Some("c".to_owned()), seen: Some(at(1)), flag: Some(true), ..after("c") };
    full.insert((), cx.db()).await?;
    ensure_eq!(After::find(()).filter(After::SEEN.eq(at(1))).all(cx.db()).await?, vec![full]);
    let update = After::update(()).filter(After::ID.eq("a")).set(After::FLAG, Some(false));
    ensure_eq!(update.one(cx.db()).await?, Some(After { flag: Some(false), ..after("a") }));
    ensure_eq!(Before::find(()).count(cx.db()).await?, 3, "a program that does not know the columns");
    before("d").insert((), cx.db()).await?;
    ensure_eq!(After::find(()).filter(After::ID.eq("d")).one(cx.db()).await?, Some(after("d")));
    ensure_eq!(differences(cx, &[group]).await?, Vec::new());
    Ok(())
}

async fn a_new_unique_index_holds_for_old_rows(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    cx.store().migrate(&[evolving(vec![columns()])]).await?;
    After { slug: Some("s".to_owned()), ..after("c") }.insert((), cx.db()).await?;
    let group = evolving(vec![columns(), vec![unique("slug")]]);
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    let twin = After { slug: Some("s".to_owned()), ..after("d") };
    conflict(twin.insert((), cx.db()).await, "conformance_evolving_slug_key")?;
    after("d").insert((), cx.db()).await?;
    ensure_eq!(differences(cx, &[group]).await?, Vec::new());
    Ok(())
}

async fn a_new_unique_index_over_twins_is_refused_whole(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    Before::update(()).set(Before::NOTE, Some("same".to_owned())).all(cx.db()).await?;
    let mut short = table("conformance_evolving");
    if let Some(note) = short.columns.iter_mut().find(|column| column.name == "note") {
        note.max_len = Some(64);
    }
    let refused = evolving(vec![columns(), vec![add("late", ColumnType::Int), unique("flag")]]);
    cx.store().migrate(&[evolving(vec![columns()])]).await?;
    After::update(()).filter(After::ID.is_not_null()).set(After::FLAG, Some(true)).all(cx.db()).await?;
    let error = cx.store().migrate(&[refused]).await;
    ensure!(matches!(error, Err(MigrateError::Store(_))), "{error:?}");
    ensure_eq!(history(cx).await?.last().map(String::as_str), Some("evolving/2"));
    ensure_eq!(differences(cx, &[evolving(vec![columns()])]).await?, Vec::new(), "nothing of the step is left");
    ensure_eq!(After::find(()).count(cx.db()).await?, 2);
    Ok(())
}

async fn a_dropped_index_forbids_nothing(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    let drop = Operation::DropIndex {
        table: "conformance_evolving".to_owned(),
        index: "conformance_evolving_code_key".to_owned(),
    };
    let mut group = evolving(vec![vec![drop]]);
    if let Some(last) = group.migrations.last_mut() {
        last.down = authsome_core::migration::Down::Irreversible;
    }
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    Before { id: "c".to_owned(), ..before("a") }.insert((), cx.db()).await?;
    ensure_eq!(Before::find(()).filter(Before::CODE.eq("a")).count(cx.db()).await?, 2);
    ensure_eq!(differences(cx, std::slice::from_ref(&group)).await?, Vec::new());
    let down = migrator(cx.store().migrations(), &[group])?.down(&DownTo::LastStep).await;
    ensure!(matches!(down, Err(MigrateError::Irreversible { .. })), "{down:?}");
    Ok(())
}

async fn a_dropped_column_leaves_the_others(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    let drop = Operation::DropColumn { table: "conformance_evolving".to_owned(), column: "slug".to_owned() };
    cx.store().migrate(&[evolving(vec![columns()])]).await?;
    After { seen: Some(at(1)), slug: Some("s".to_owned()), ..after("c") }.insert((), cx.db()).await?;
    let mut group = evolving(vec![columns(), vec![drop]]);
    if let Some(last) = group.migrations.last_mut() {
        last.down = authsome_core::migration::Down::Operations(vec![add("slug", ColumnType::Text)]);
    }
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    ensure_eq!(Before::find(()).all(cx.db()).await?, vec![before("c"), before("b"), before("a")]);
    ensure_eq!(differences(cx, std::slice::from_ref(&group)).await?, Vec::new());
    migrator(cx.store().migrations(), &[group])?.down(&DownTo::LastStep).await?;
    let back = After::find(()).filter(After::ID.eq("c")).one(cx.db()).await?;
    ensure_eq!(back, Some(After { seen: Some(at(1)), ..after("c") }), "what the column held is lost");
    Ok(())
}

async fn a_dropped_table_is_gone(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    let mut group = evolving(vec![vec![Operation::DropTable { table: "conformance_evolving".to_owned() }]]);
    if let Some(last) = group.migrations.last_mut() {
        last.down = authsome_core::migration::Down::Irreversible;
    }
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    ensure_eq!(tables(cx, &["conformance_evolving"]).await?, Vec::<String>::new());
    ensure_eq!(differences(cx, &[group]).await?, Vec::new());
    Ok(())
}

async fn a_step_is_taken_back_and_applied_again(cx: &mut Cx) -> Outcome {
    begun(cx).await?;
    let group = evolving(vec![columns(), vec![unique("slug")]]);
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    let migrator = migrator(cx.store().migrations(), &[group])?;
    for _ in 0..2 {
        ensure_eq!(migrator.down(&DownTo::LastStep).await?.reverted, vec!["evolving/3 step_3".to_owned()]);
        for id in ["x", "y"] {
            After { slug: Some("twin".to_owned()), ..after(id) }.insert((), cx.db()).await?;
        }
        ensure_eq!(After::delete(()).filter(After::SLUG.eq("twin")).batch(2, cx.db()).await?, 2);
        ensure_eq!(migrator.down(&DownTo::LastStep).await?.reverted, vec!["evolving/2 step_2".to_owned()]);
        ensure_eq!(Before::find(()).all(cx.db()).await?, vec![before("b"), before("a")]);
        ensure_eq!(migrator.up().await?.applied.len(), 2);
        ensure_eq!(migrator.verify().await?, Vec::new());
    }
    Ok(())
}

async fn everything_is_taken_back_and_applied_again(cx: &mut Cx) -> Outcome {
    let group = fixture::group();
    cx.store().migrate(std::slice::from_ref(&group)).await?;
    let migrator = migrator(cx.store().migrations(), &[group])?;
    for _ in 0..2 {
        let back = migrator.down(&DownTo::Start).await?;
        ensure_eq!(back.reverted.first().map(String::as_str), Some("conformance/1 create_tables"));
        ensure_eq!(history(cx).await?, Vec::<String>::new());
        let names: Vec<&str> = migrator.schema().tables.keys().map(String::as_str).collect();
        ensure_eq!(tables(cx, &names).await?, Vec::<String>::new());
        ensure_eq!(migrator.up().await?.applied.len(), back.reverted.len());
        ensure_eq!(migrator.verify().await?, Vec::new());
    }
    Ok(())
}

async fn steps_are_applied_up_to_one_and_taken_back_down_to_one(cx: &mut Cx) -> Outcome {
    let group = evolving(vec![columns(), vec![unique("slug")]]);
    let migrator = migrator(cx.store().migrations(), &[group])?;
    let step = |version| StepRef::new("evolving", version);
    migrator.up_to(&step(1)).await?;
    ensure_eq!(history(cx).await?.last().map(String::as_str), Some("evolving/1"));
    before("a").insert((), cx.db()).await?;
    migrator.up_to(&step(3)).await?;
    ensure_eq!(migrator.down(&DownTo::Step(step(1))).await?.reverted.len(), 2);
    ensure_eq!(Before::find(()).all(cx.db()).await?, vec![before("a")]);
    Ok(())
}

async fn a_raw_statement_of_another_dialect_has_nothing_to_do(cx: &mut Cx) -> Outcome {
    let mut statement = broken(cx.store().migrations());
    if let Operation::Raw { statements } = &mut statement {
        let text = statements.pop_first().map_or_else(String::new, |(_, text)| text);
        statements.insert(authsome_core::migration::Dialect::new("of_no_backend"), text);
    }
    let mut step = Migration::new(1, "elsewhere", vec![statement]);
    step.down = authsome_core::migration::Down::Operations(Vec::new());
    let group = MigrationGroup { name: "foreign".to_owned(), depends_on: Vec::new(), migrations: vec![step] };
    let report = cx.store().migrate(&[group]).await?;
    ensure!(report.applied.contains(&"foreign/1 elsewhere".to_owned()), "{report:?}");
    Ok(())
}
