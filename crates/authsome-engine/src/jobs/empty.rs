//! Removing what is in environments and apps that were deleted.

use authsome_core::app::App;
use authsome_core::authenticator::due;
use authsome_core::environment::{Environment, delete_rows};
use authsome_core::error::{Error, StoreError};
use authsome_core::registry;
use authsome_core::schema::ScopeLevel;
use authsome_core::scope::Scope;

use crate::engine::Engine;

/// How many rows one statement deletes; what refers to them goes with them.
const BATCH: u32 = 200;
/// How many environments and apps one run looks at.
const AT_ONCE: u32 = 100;

/// Deletes one batch of what is in deleted environments, children before their parents; says whether there may be more.
/// Where nothing is left, the environment's own row goes, and an app's with its last environment. Every step can be
/// repeated, so a run that was cut off, or several processes at once, do no harm.
pub(super) async fn empty(engine: &Engine) -> Result<bool, Error> {
    let (now, store) = (engine.clock().now(), &**engine.store());
    let mut stuck = None;
    let environments = due::<Environment>(now, AT_ONCE, store).await?;
    let mut more = false;
    for environment in &environments {
        if take_out(engine, &environment.scope()).await? {
            return Ok(true);
        }
        match store.erase_environment(environment.app_id, environment.id).await {
            Ok(()) => {
                tracing::info!(environment = %environment.id, "a deleted environment is gone");
                more = is_full(&environments);
            }
            Err(StoreError::NotFound { .. }) => {}
            // Written in the moment of the deletion, or by a plugin that this program does not have.
            Err(error @ StoreError::Reference { .. }) => stuck = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    let apps = due::<App>(now, AT_ONCE, store).await?;
    for app in &apps {
        match store.erase_app(app.id).await {
            Ok(()) => more |= is_full(&apps),
            Err(StoreError::NotFound { .. } | StoreError::Reference { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    stuck.map_or(Ok(more), |error| Err(error.into()))
}

/// Whether there may be more than were looked at.
fn is_full<T>(due: &[T]) -> bool {
    due.len() >= AT_ONCE as usize
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
