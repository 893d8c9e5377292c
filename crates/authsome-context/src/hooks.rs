//! Running the hooks of all plugins.

use authsome_core::error::Error;
use authsome_core::plugin::{HookContext, Moment};
use authsome_core::time::Timestamp;

use crate::environment::EnvironmentContext;

impl EnvironmentContext {
    fn hook_context(&self, now: Timestamp) -> HookContext<'_> {
        HookContext { environment: self.environment(), client: self.client(), now, notices: self }
    }

    /// Runs every hook before a moment, in order; the first refusal ends it.
    ///
    /// # Errors
    /// A hook's refusal.
    pub async fn before(&self, now: Timestamp, moment: Moment<'_>) -> Result<(), Error> {
        let context = self.hook_context(now);
        for hook in &self.foundation().plugins.hooks {
            hook.before(&context, &moment).await?;
        }
        Ok(())
    }

    /// Runs every hook after a moment. The moment is durable: an error is only logged.
    pub async fn after(&self, now: Timestamp, moment: Moment<'_>) {
        let context = self.hook_context(now);
        for hook in &self.foundation().plugins.hooks {
            if let Err(error) = hook.after(&context, &moment).await {
                tracing::error!(error = &error as &dyn std::error::Error, "a hook failed after a moment");
            }
        }
    }
}
