//! Rotating signing keys in all environments.

use authsome_core::app::App;
use authsome_core::entity::Page;
use authsome_core::error::Error;
use authsome_core::id::{AppId, EnvironmentId};

use crate::engine::Engine;

/// Rotates the keys that have signed for long enough, and drops those that no valid token needs. An environment where
/// that fails does not keep the others waiting.
pub(super) async fn rotate(engine: &Engine) -> Result<bool, Error> {
    let mut result = Ok(());
    let mut page = Page::first(Page::<AppId>::MAX_LIMIT);
    loop {
        let listed = engine.apps().list(page).await?;
        for app in &listed.data {
            result = result.and(rotate_in(engine, app).await);
        }
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<AppId>::MAX_LIMIT),
            None => return result.map(|()| false),
        }
    }
}

async fn rotate_in(engine: &Engine, app: &App) -> Result<(), Error> {
    let mut result = Ok(());
    let mut page = Page::first(Page::<EnvironmentId>::MAX_LIMIT);
    loop {
        let listed = engine.environments(app.id).list(page).await?;
        for environment in &listed.data {
            // One that was deleted meanwhile is not found.
            if let Some(active) = engine.environment_of_scope(environment.scope()).await? {
                result = result.and(engine.handle(active).tend_signing_keys().await);
            }
        }
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<EnvironmentId>::MAX_LIMIT),
            None => return result,
        }
    }
}
