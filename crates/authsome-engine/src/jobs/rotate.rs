//! Rotating signing keys in all environments.

use std::sync::Arc;

use authsome_context::{EnvironmentContext, Foundation};
use authsome_core::error::Error;

use crate::every::every_environment;
use crate::jwt::SigningKeys;

/// Rotates the keys that have signed for long enough, and drops those that no valid token needs.
pub(super) async fn rotate(foundation: &Arc<Foundation>) -> Result<bool, Error> {
    let tend = |active| async move { SigningKeys::new(EnvironmentContext::new(foundation, active)).tend().await };
    every_environment(foundation, tend).await.map(|()| false)
}
