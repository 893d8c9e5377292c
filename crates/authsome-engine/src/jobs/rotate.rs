//! Rotating signing keys in all environments.

use std::sync::Arc;

use authsome_context::{EnvironmentContext, Foundation};
use authsome_core::environment::Environment;
use authsome_core::error::Error;
use futures::future::BoxFuture;

use crate::every::every_environment;
use crate::jwt::SigningKeys;

/// Rotates the keys that have signed for long enough, and drops keys without valid tokens.
pub(super) async fn rotate(foundation: &Arc<Foundation>) -> Result<bool, Error> {
    let tend = |environment: Environment| -> BoxFuture<'static, Result<(), Error>> {
        let foundation = Arc::clone(foundation);
        Box::pin(async move {
            // An environment that was deleted meanwhile is not found.
            match foundation.environment_of_scope(environment.scope()).await? {
                Some(active) => SigningKeys::new(EnvironmentContext::new(&foundation, active)).tend().await,
                None => Ok(()),
            }
        })
    };
    every_environment(foundation, tend).await.map(|()| false)
}
