//! Removing what is in environments and apps that were deleted.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use authsome_core::app::App;
use authsome_core::authenticator::due;
use authsome_core::environment::{Environment, delete_rows};
use authsome_core::error::{Error, StoreError};
use authsome_core::id::EnvironmentId;
use authsome_core::records::MAX_LIMIT;
use authsome_core::registry;
use authsome_core::schema::ScopeLevel;
use authsome_core::scope::Scope;
use tokio::sync::Notify;

use crate::engine::Engine;

/// How many rows one statement deletes; what refers to them goes with them.
const BATCH: u32 = 200;
/// How many environments and apps one run looks at.
const AT_ONCE: u32 = 100;

/// What is kept between runs.
#[derive(Default)]
pub(crate) struct Emptying {
    pub(super) asked: Notify,
    /// The environments that could not be emptied, so that each is told of once.
    failing: Mutex<BTreeSet<EnvironmentId>>,
}

impl Emptying {
    fn failing(&self) -> MutexGuard<'_, BTreeSet<EnvironmentId>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many one run looks at, so that those that cannot be emptied keep no other from its turn.
    fn at_once(&self) -> u32 {
        u32::try_from(self.failing().len()).unwrap_or(MAX_LIMIT).saturating_add(AT_ONCE).min(MAX_LIMIT)
    }

    fn works(&self, environment: EnvironmentId) {
        self.failing().remove(&environment);
    }

    fn fails(&self, environment: EnvironmentId, error: &StoreError) {
        let error = error as &dyn std::error::Error;
        if self.failing().insert(environment) {
            tracing::warn!(%environment, error, "a deleted environment cannot be emptied; it is tried again");
        } else {
            tracing::debug!(%environment, error, "a deleted environment cannot be emptied yet");
        }
    }
}

/// Deletes one batch of what is in deleted environments, children before their parents; says whether there may be more.
/// Where nothing is left, the environment's own row goes, and an app's with its last environment. One that cannot be
/// emptied keeps no other waiting. Every step can be repeated, so a run that was cut off, or several processes at once, do
/// no harm.
pub(super) async fn empty(engine: &Engine, emptying: &Emptying) -> Result<bool, Error> {
    let (now, store) = (engine.clock().now(), &**engine.store());
    let (mut more, mut failed) = (false, None);
    let at_once = emptying.at_once();
    let environments = due::<Environment>(now, at_once, store).await?;
    for environment in &environments {
        match empty_one(engine, environment).await {
            Ok(took_out) => {
                emptying.works(environment.id);
                if took_out {
                    return Ok(true);
                }
                more = is_full(&environments, at_once);
            }
            Err(error @ StoreError::Unavailable { .. }) => return Err(error.into()),
            Err(error) => {
                emptying.fails(environment.id, &error);
                failed.get_or_insert(error);
            }
        }
    }
    let apps = due::<App>(now, AT_ONCE, store).await?;
    for app in &apps {
        match store.erase_app(app.id).await {
            Ok(()) => more |= is_full(&apps, AT_ONCE),
            Err(StoreError::NotFound { .. } | StoreError::Reference { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if more {
        return Ok(true);
    }
    failed.map_or(Ok(false), |error| Err(error.into()))
}

/// Whether there may be more than were looked at.
fn is_full<T>(due: &[T], at_once: u32) -> bool {
    due.len() >= at_once as usize
}

/// Deletes a batch of what is in an environment, and says whether there was any; else deletes its row.
async fn empty_one(engine: &Engine, environment: &Environment) -> Result<bool, StoreError> {
    if take_out(engine, &environment.scope()).await? {
        return Ok(true);
    }
    match engine.store().erase_environment(environment.app_id, environment.id).await {
        Ok(()) => tracing::info!(environment = %environment.id, "a deleted environment is gone"),
        // Another process was faster.
        Err(StoreError::NotFound { .. }) => {}
        // Not least a reference: of a row that was written in the moment of the deletion, or by a plugin that this program
        // does not have.
        Err(error) => return Err(error),
    }
    Ok(false)
}

/// Deletes a batch of an environment's rows; says whether there were any.
async fn take_out(engine: &Engine, scope: &Scope) -> Result<bool, StoreError> {
    let inner = engine.inner();
    for &table in registry::tables().iter().chain(&inner.plugins.tables).rev() {
        if table.scope == ScopeLevel::Environment && delete_rows(table, scope, BATCH, &*inner.store).await? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
