//! Going through the environments of all apps.

use std::sync::Arc;

use authsome_context::Foundation;
use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::error::Error;
use authsome_core::route::ActiveEnvironment;

/// Visits every environment, app by app. One whose visit fails does not keep the others waiting.
///
/// # Errors
/// The first of a visit; `unavailable` where a list cannot be read, which ends it.
pub(crate) async fn every_environment<F, Visit>(foundation: &Foundation, visit: F) -> Result<(), Error>
where
    F: Fn(Arc<ActiveEnvironment>) -> Visit + Send + Sync,
    Visit: Future<Output = Result<(), Error>> + Send,
{
    let (mut result, store) = (Ok(()), &*foundation.store);
    for app in App::find(()).filter(App::DELETED_AT.is_null()).every(store).await? {
        let environments = Environment::find(&app.id).filter(Environment::DELETED_AT.is_null());
        for environment in environments.every(store).await? {
            result = result.and(match foundation.environment_of_scope(environment.scope()).await {
                Ok(Some(active)) => visit(active).await,
                // It was deleted meanwhile.
                Ok(None) => Ok(()),
                Err(error) => Err(error.into()),
            });
        }
    }
    result
}
