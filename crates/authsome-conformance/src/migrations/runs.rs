//! The effects of a run, and what it leaves alone.

use std::collections::BTreeMap;
use std::time::Duration;

use authsome_core::app::AppStore;
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::migration::{MigrateError, MigrationReport, Operation, RunBy, Step};
use authsome_core::registry;
use authsome_core::schema::{Schema, TableDef};
use tokio::task::JoinSet;

use super::{CLOCK, differences, group, history, migrator, table, tables};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, backend, ensure, ensure_eq};
use crate::fixture::{self, Home, Item, Sample, homes};

pub(super) fn cases() -> Vec<Case> {
    cases!("migrations" {
        unmigrated: [
            a_first_run_makes_every_table,
            a_second_run_has_nothing_to_do,
            a_plan_shows_statements_and_runs_none,
            the_live_schema_is_that_of_the_entities,
            the_history_says_what_was_applied,
            ten_at_once_apply_each_step_once,
            a_run_sees_all_that_the_run_before_it_did,
            a_plugin_that_comes_later_is_applied_alone,
            a_plugin_that_is_removed_keeps_its_tables,
            verbs_work_after_a_run_and_not_before,
            an_adopted_database_is_recorded_as_it_is,
        ]
    })
}

async fn a_first_run_makes_every_table(cx: &mut Cx) -> Outcome {
    ensure_eq!(cx.store().migrations().history().await?, None);
    let report = cx.store().migrate(&[fixture::group()]).await?;
    ensure!(report.applied.iter().any(|step| step.starts_with("core/1 ")), "{report:?}");
    ensure!(report.applied.contains(&"conformance/1 create_tables".to_owned()), "{report:?}");
    ensure_eq!(report.absent_groups, Vec::<String>::new());
    ensure_eq!(differences(cx, &[fixture::group()]).await?, Vec::new());
    Ok(())
}

async fn a_second_run_has_nothing_to_do(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[fixture::group()]).await?;
    let before = cx.store().migrations().history().await?;
    for _ in 0..3 {
        ensure_eq!(cx.store().migrate(&[fixture::group()]).await?, MigrationReport::default());
    }
    ensure_eq!(cx.store().migrations().history().await?, before);
    let plan = migrator(cx.store().migrations(), &[fixture::group()])?.plan().await?;
    ensure!(plan.is_empty() && plan.to_string() == "nothing to do\n", "{plan}");
    Ok(())
}

async fn a_plan_shows_statements_and_runs_none(cx: &mut Cx) -> Outcome {
    let plan = migrator(cx.store().migrations(), &[fixture::group()])?.plan().await?;
    ensure!(plan.steps.iter().all(|step| !step.statements.is_empty()), "each step has statements: {plan}");
    let text = plan.to_string();
    ensure!(text.contains("conformance_items"), "the plan names the tables that it makes");
    ensure_eq!(cx.store().migrations().history().await?, None);
    ensure_eq!(tables(cx, &["authsome_users", "conformance_items"]).await?, Vec::<String>::new());
    Ok(())
}

async fn the_live_schema_is_that_of_the_entities(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[fixture::group()]).await?;
    let target = cx.store().migrations();
    let migrator = migrator(target, &[fixture::group()])?;
    let declared: BTreeMap<String, TableDef> =
        registry::tables().into_iter().map(|table| (table.name.clone(), table.clone())).collect();
    let core: BTreeMap<String, TableDef> =
        migrator.schema().tables.clone().into_iter().filter(|(name, _)| name.starts_with("authsome_")).collect();
    ensure_eq!(core, declared, "what the migrations make, and what the entities declare");
    let names: Vec<String> = migrator.schema().tables.keys().cloned().collect();
    let live = target.introspect(&names).await?;
    ensure_eq!(live.len(), names.len(), "tables");
    for table in live {
        let Some(declared) = migrator.schema().tables.get(&table.name) else { continue };
        let mut columns: Vec<_> =
            table.columns.iter().map(|column| (&column.name, column.ty, column.nullable)).collect();
        let mut expected: Vec<_> =
            declared.columns.iter().map(|column| (&column.name, Some(column.ty), column.nullable)).collect();
        columns.sort_by_key(|column| column.0);
        expected.sort_by_key(|column| column.0);
        ensure_eq!(columns, expected, "{}", table.name);
    }
    ensure_eq!(migrator.verify().await?, Vec::new());
    ensure_eq!(target.introspect(&["authsome_nothing".to_owned()]).await?, Vec::new());
    Ok(())
}

async fn the_history_says_what_was_applied(cx: &mut Cx) -> Outcome {
    let steps = group(
        "plugin",
        vec![
            vec![Operation::CreateTable(table("conformance_first"))],
            vec![Operation::CreateTable(table("conformance_second"))],
        ],
    );
    cx.store().migrate(&[]).await?;
    cx.store().migrate(&[steps]).await?;
    let history = cx.store().migrations().history().await?.unwrap_or_default();
    let own: Vec<_> = history.iter().filter(|row| row.group == "plugin").collect();
    ensure_eq!(
        own.iter().map(|row| (row.version, row.name.as_str())).collect::<Vec<_>>(),
        vec![(1, "step_1"), (2, "step_2")]
    );
    for row in &history {
        ensure!(row.checksum.len() == 64 && row.applied_by.starts_with("authsome "), "{row:?}");
        ensure!(row.duration_ms >= 0 && row.applied_at.as_millis() > 1_700_000_000_000, "{row:?}");
    }
    ensure_eq!(history.first().map(|row| row.group.as_str()), Some("core"), "oldest first");
    Ok(())
}

async fn ten_at_once_apply_each_step_once(cx: &mut Cx) -> Outcome {
    let mut stores = Vec::new();
    for _ in 0..10 {
        stores.push(cx.another().await?);
    }
    let mut runs = JoinSet::new();
    for store in stores {
        runs.spawn(async move { store.migrate(&[fixture::group()]).await });
    }
    let mut applied = Vec::new();
    while let Some(run) = runs.join_next().await {
        applied.extend(run??.applied);
    }
    let steps = registry::migrations().migrations.len() + fixture::group().migrations.len();
    ensure_eq!(applied.len(), steps, "steps that were reported: {applied:?}");
    ensure_eq!(history(cx).await?.len(), steps, "steps in the history");
    ensure_eq!(differences(cx, &[fixture::group()]).await?, Vec::new());
    Ok(())
}

async fn a_run_sees_all_that_the_run_before_it_did(cx: &mut Cx) -> Outcome {
    let other = cx.another().await?;
    let mut first = cx.store().migrations().begin().await?;
    let second = tokio::spawn(async move {
        let mut second = other.migrations().begin().await?;
        let history = second.history().await?;
        second.finish().await?;
        Ok::<_, MigrateError>(history)
    });
    // Time enough to come in between, for one that does not wait.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let step = Step {
        group: "plugin".to_owned(),
        version: 1,
        name: "step_1".to_owned(),
        checksum: "0".repeat(64),
        operations: vec![Operation::CreateTable(table("conformance_first"))],
        before: Schema::default(),
    };
    first.apply(std::slice::from_ref(&step), &RunBy { program: "authsome 0", clock: &CLOCK }).await?;
    first.finish().await?;
    let seen: Vec<String> = second.await??.into_iter().map(|row| row.name).collect();
    ensure_eq!(seen, vec![step.name], "what the second run finds in the history");
    Ok(())
}

async fn a_plugin_that_comes_later_is_applied_alone(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[]).await?;
    let report = cx.store().migrate(&[fixture::group()]).await?;
    ensure_eq!(report.applied, vec!["conformance/1 create_tables".to_owned()]);
    ensure_eq!(differences(cx, &[fixture::group()]).await?, Vec::new());
    Ok(())
}

fn home() -> Home {
    homes()[0]
}

async fn a_plugin_that_is_removed_keeps_its_tables(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[fixture::group()]).await?;
    Item::sample(&home(), 1).insert(&home().scope, cx.db()).await?;
    let report = cx.store().migrate(&[]).await?;
    ensure_eq!(report.applied, Vec::<String>::new());
    ensure_eq!(report.absent_groups, vec!["conformance".to_owned()]);
    ensure_eq!(Item::find(&home().scope).all(cx.db()).await?, vec![Item::sample(&home(), 1)]);
    ensure_eq!(cx.store().migrate(&[fixture::group()]).await?, MigrationReport::default(), "once it is back");
    Ok(())
}

async fn verbs_work_after_a_run_and_not_before(cx: &mut Cx) -> Outcome {
    backend(cx.db().create_app(&home().app()).await)?;
    backend(cx.db().app(home().scope.app_id).await)?;
    cx.store().migrate(&[]).await?;
    cx.db().create_app(&home().app()).await?;
    ensure_eq!(cx.db().app(home().scope.app_id).await?, Some(home().app()));
    let no_table: Result<u64, StoreError> = Item::find(&home().scope).count(cx.db()).await;
    backend(no_table)
}

async fn an_adopted_database_is_recorded_as_it_is(cx: &mut Cx) -> Outcome {
    let steps = vec![vec![Operation::CreateTable(table("conformance_first"))]];
    let (old, new) = (group("old_name", steps.clone()), group("new_name", steps));
    cx.store().migrate(&[old]).await?;
    let target = cx.store().migrations();
    let adopting = migrator(target, &[new])?;
    ensure_eq!(adopting.baseline().await?.applied, vec!["new_name/1 step_1".to_owned()]);
    ensure_eq!(adopting.up().await?.applied, Vec::<String>::new());
    let mut other = table("conformance_first");
    other.columns.pop();
    other.indexes.clear();
    let differs = migrator(target, &[group("third_name", vec![vec![Operation::CreateTable(other)]])])?;
    ensure!(differs.baseline().await.is_err(), "a table that differs is not adopted");
    ensure_eq!(history(cx).await?.iter().filter(|step| step.starts_with("third_name")).count(), 0);
    Ok(())
}
