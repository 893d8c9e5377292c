//! Histories that do not fit the program, and steps that fail.

use authsome_core::migration::{HistoryFault, MigrateError, Operation};

use super::{broken, differences, group, history, table, tables};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};

pub(super) fn cases() -> Vec<Case> {
    cases!("migrations" {
        unmigrated: [
            a_step_that_was_changed_is_refused,
            a_step_that_the_program_does_not_know_is_refused,
            a_step_that_comes_too_late_is_refused,
            a_first_run_that_fails_leaves_nothing,
            a_later_step_that_fails_leaves_nothing_of_itself,
        ]
    })
}

fn make(name: &str) -> Vec<Operation> {
    vec![Operation::CreateTable(table(name))]
}

async fn a_step_that_was_changed_is_refused(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[group("plugin", vec![make("conformance_first")])]).await?;
    let changed = group("plugin", vec![make("conformance_other"), make("conformance_second")]);
    let error = cx.store().migrate(&[changed]).await;
    ensure!(matches!(error, Err(MigrateError::History(HistoryFault::Changed { version: 1, .. }))), "{error:?}");
    let found = tables(cx, &["conformance_first", "conformance_other", "conformance_second"]).await?;
    ensure_eq!(found, vec!["conformance_first".to_owned()]);
    Ok(())
}

async fn a_step_that_the_program_does_not_know_is_refused(cx: &mut Cx) -> Outcome {
    let newer = group("plugin", vec![make("conformance_first"), make("conformance_second")]);
    cx.store().migrate(&[newer]).await?;
    let error = cx.store().migrate(&[group("plugin", vec![make("conformance_first")])]).await;
    ensure!(matches!(error, Err(MigrateError::History(HistoryFault::Unknown { version: 2, .. }))), "{error:?}");
    Ok(())
}

async fn a_step_that_comes_too_late_is_refused(cx: &mut Cx) -> Outcome {
    let mut late = group("plugin", vec![make("conformance_first"), make("conformance_second")]);
    let mut early = late.clone();
    early.migrations.remove(0);
    cx.store().migrate(&[early]).await?;
    let error = cx.store().migrate(&[late.clone()]).await;
    ensure!(
        matches!(error, Err(MigrateError::History(HistoryFault::Late { version: 1, applied: 2, .. }))),
        "{error:?}"
    );
    if let Some(step) = late.migrations.first_mut() {
        step.version = 3;
    }
    late.migrations.rotate_left(1);
    ensure_eq!(cx.store().migrate(&[late]).await?.applied, vec!["plugin/3 step_1".to_owned()]);
    Ok(())
}

async fn a_first_run_that_fails_leaves_nothing(cx: &mut Cx) -> Outcome {
    let failing =
        vec![make("conformance_first"), [make("conformance_second"), vec![broken(cx.store().migrations())]].concat()];
    let error = cx.store().migrate(&[irreversible(failing)]).await;
    ensure!(matches!(error, Err(MigrateError::Store(_))), "{error:?}");
    ensure_eq!(history(cx).await?, Vec::<String>::new());
    let names = ["authsome_users", "conformance_first", "conformance_second"];
    ensure_eq!(tables(cx, &names).await?, Vec::<String>::new());
    let mended = irreversible(vec![make("conformance_first"), make("conformance_second")]);
    cx.store().migrate(std::slice::from_ref(&mended)).await?;
    ensure_eq!(differences(cx, &[mended]).await?, Vec::new());
    Ok(())
}

async fn a_later_step_that_fails_leaves_nothing_of_itself(cx: &mut Cx) -> Outcome {
    cx.store().migrate(&[]).await?;
    let core = history(cx).await?;
    let failing = vec![
        make("conformance_first"),
        [make("conformance_second"), vec![broken(cx.store().migrations())]].concat(),
        make("conformance_third"),
    ];
    let error = cx.store().migrate(&[irreversible(failing)]).await;
    ensure!(matches!(error, Err(MigrateError::Store(_))), "{error:?}");
    ensure_eq!(tables(cx, &["conformance_second", "conformance_third"]).await?, Vec::<String>::new());
    // Whether the step before it stays is the backend's choice; the history must know.
    let stays = !tables(cx, &["conformance_first"]).await?.is_empty();
    let expected: Vec<String> = core.into_iter().chain(stays.then(|| "plugin/1".to_owned())).collect();
    ensure_eq!(history(cx).await?, expected);
    let mended = irreversible(vec![make("conformance_first"), make("conformance_second"), make("conformance_third")]);
    cx.store().migrate(std::slice::from_ref(&mended)).await?;
    ensure_eq!(differences(cx, &[mended]).await?, Vec::new());
    Ok(())
}

/// Steps without a way back, since a raw statement has no inverse.
fn irreversible(steps: Vec<Vec<Operation>>) -> authsome_core::migration::MigrationGroup {
    let mut group = group("plugin", steps);
    for step in &mut group.migrations {
        step.down = authsome_core::migration::Down::Irreversible;
    }
    group
}
