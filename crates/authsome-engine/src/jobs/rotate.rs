//! Rotating signing keys in all environments.

use std::sync::Arc;

use authsome_context::{EnvironmentContext, Foundation};
use authsome_core::app::App;
use authsome_core::entity::Page;
use authsome_core::error::Error;
use authsome_core::id::{AppId, EnvironmentId};

use crate::apps::Apps;
use crate::environments::Environments;
use crate::jwt::SigningKeys;

/// Rotates the keys that have signed for long enough, and drops those that no valid token needs. An environment where
/// that fails does not keep the others waiting.
pub(super) async fn rotate(foundation: &Arc<Foundation>) -> Result<bool, Error> {
    let mut result = Ok(());
    let apps = Apps::new(Arc::clone(foundation));
    let mut page = Page::first(Page::<AppId>::MAX_LIMIT);
    loop {
        let listed = apps.list(page).await?;
        for app in &listed.data {
            result = result.and(rotate_in(foundation, app).await);
        }
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<AppId>::MAX_LIMIT),
            None => return result.map(|()| false),
        }
    }
}

async fn rotate_in(foundation: &Arc<Foundation>, app: &App) -> Result<(), Error> {
    let mut result = Ok(());
    let environments = Environments::new(Arc::clone(foundation), app.id);
    let mut page = Page::first(Page::<EnvironmentId>::MAX_LIMIT);
    loop {
        let listed = environments.list(page).await?;
        for environment in &listed.data {
            // One that was deleted meanwhile is not found.
            if let Some(active) = foundation.environment_of_scope(environment.scope()).await? {
                result = result.and(SigningKeys::new(EnvironmentContext::new(foundation, active)).tend().await);
            }
        }
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<EnvironmentId>::MAX_LIMIT),
            None => return result,
        }
    }
}
