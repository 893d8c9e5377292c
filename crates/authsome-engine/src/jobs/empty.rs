//! Emptying deleted environments and apps.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use authsome_context::Foundation;
use authsome_core::app::App;
use authsome_core::authenticator::due;
use authsome_core::environment::{Environment, delete_rows};
use authsome_core::error::{Error, StoreError};
use authsome_core::id::EnvironmentId;
use authsome_core::records::MAX_LIMIT;
use authsome_core::registry;
use authsome_core::schema::ScopeLevel;

/// How many rows one statement deletes; rows that refer to them go with them.
const BATCH: u32 = 200;
/// How many environments and apps one run visits.
const AT_ONCE: u32 = 100;

/// The state between runs.
#[derive(Default)]
pub(super) struct Emptying {
    environments: Mutex<BTreeMap<EnvironmentId, Progress>>,
}

/// How far an environment is emptied.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// How many tables were found empty, from the first.
    emptied: usize,
    /// Whether emptying failed before, so that the failure is logged once.
    failing: bool,
}

impl Emptying {
    fn environments(&self) -> MutexGuard<'_, BTreeMap<EnvironmentId, Progress>> {
        self.environments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many one run visits: enough that failing ones do not keep others from their turn.
    fn at_once(&self) -> u32 {
        let failing = self.environments().values().filter(|progress| progress.failing).count();
        u32::try_from(failing).unwrap_or(MAX_LIMIT).saturating_add(AT_ONCE).min(MAX_LIMIT)
    }

    fn emptied(&self, environment: EnvironmentId) -> usize {
        self.environments().get(&environment).map_or(0, |progress| progress.emptied)
    }

    fn fails(&self, environment: EnvironmentId, error: &StoreError) {
        let error = error as &dyn std::error::Error;
        let before = self.environments().insert(environment, Progress { emptied: 0, failing: true });
        if !before.is_some_and(|before| before.failing) {
            tracing::warn!(%environment, error, "a deleted environment could not be emptied; the job tries again");
        } else {
            tracing::debug!(%environment, error, "a deleted environment could still not be emptied");
        }
    }
}

/// Deletes one batch of rows of each deleted environment, children before their parents; says whether there may be
/// more. An empty environment's own row goes, and an app's with its last environment. A failing environment does not
/// keep others waiting. Every step can be repeated, so an interrupted run, or several processes at once, do no harm.
pub(super) async fn empty(foundation: &Foundation, emptying: &Emptying) -> Result<bool, Error> {
    let (now, store) = (foundation.now(), &*foundation.store);
    let (mut more, mut failed) = (false, None);
    let at_once = emptying.at_once();
    let environments = due::<Environment>(now, at_once, store).await?;
    // Those that are gone are forgotten.
    emptying.environments().retain(|id, _| environments.iter().any(|environment| environment.id == *id));
    for environment in &environments {
        match empty_one(foundation, environment, emptying.emptied(environment.id)).await {
            Ok(Some(emptied)) => {
                emptying.environments().insert(environment.id, Progress { emptied, failing: false });
                return Ok(true);
            }
            Ok(None) => more = is_full(&environments, at_once),
            Err(error @ StoreError::Unavailable { .. }) => return Err(error.into()),
            Err(error) => {
                emptying.fails(environment.id, &error);
                failed.get_or_insert(error);
            }
        }
    }
    // An environment that cannot be emptied keeps its app.
    let at_once = emptying.at_once();
    let apps = due::<App>(now, at_once, store).await?;
    for app in &apps {
        match store.erase_app(app.id).await {
            Ok(()) => more |= is_full(&apps, at_once),
            Err(StoreError::NotFound { .. } | StoreError::Reference { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if more {
        return Ok(true);
    }
    failed.map_or(Ok(false), |error| Err(error.into()))
}

/// Whether there may be more than were visited.
fn is_full<T>(due: &[T], at_once: u32) -> bool {
    due.len() >= at_once as usize
}

/// Deletes a batch of an environment's rows, beginning after the tables that were found empty, and says how many tables
/// are empty now; if all are, deletes its row.
async fn empty_one(
    foundation: &Foundation,
    environment: &Environment,
    emptied: usize,
) -> Result<Option<usize>, StoreError> {
    let tables = [&registry::tables()[..], &foundation.plugins.tables].concat();
    // Children come before their parents.
    let own = tables.into_iter().rev().filter(|table| table.scope == ScopeLevel::Environment);
    for (before, table) in own.enumerate().skip(emptied) {
        if delete_rows(table, &environment.scope(), BATCH, &*foundation.store).await? > 0 {
            return Ok(Some(before));
        }
    }
    if emptied > 0 {
        // A row may have come into a table that had been found empty: look from the first again.
        return Ok(Some(0));
    }
    match foundation.store.erase_environment(environment.app_id, environment.id).await {
        Ok(()) => tracing::info!(environment = %environment.id, "a deleted environment is gone"),
        // Another process was faster.
        Err(StoreError::NotFound { .. }) => {}
        // For example a reference: of a row written at this moment, or of a plugin that is missing in this program.
        Err(error) => return Err(error),
    }
    Ok(None)
}
