//! Fifty callers at once, many times in a row: those of the conformance suite, and those of the engine.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use authsome_conformance::{Backend, Case, cases};
use authsome_tests::backends::backends;

use super::engine_races;

/// Runs every race as often as that.
pub(super) async fn run(name: &str, runs: u32) -> Result<String> {
    let backend = backend(name)?;
    let races: Vec<Case> = cases().into_iter().filter(|case| case.name().starts_with("races.")).collect();
    for run in 1..=runs {
        for race in &races {
            let outcome = race.run(backend.as_ref()).await;
            outcome.map_err(|failure| anyhow!("run {run} of {}: {failure}", race.name()))?;
        }
        engine_races::run(backend.as_ref()).await.with_context(|| format!("run {run} of the engine's races"))?;
    }
    let each = races.len();
    Ok(format!("{runs} runs of {each} races of the store and {} of the engine, 50 callers each", engine_races::COUNT))
}

fn backend(name: &str) -> Result<Arc<dyn Backend>> {
    let all = backends().map_err(|error| anyhow!("{error}"))?;
    all.into_iter().find(|backend| backend.name() == name).with_context(|| format!("there is no backend {name:?}"))
}
