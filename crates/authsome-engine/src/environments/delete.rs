//! Deleting an environment. It is out of reach at once; a job removes its rows.

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType};
use authsome_core::error::{Code, Error};
use authsome_core::id::EnvironmentId;
use authsome_core::store::StoreTx;

use super::{Environments, about};

impl Environments {
    /// Deletes an environment: it is out of reach from now on, its slug is free again, and a background job removes its
    /// rows in bounded batches. The default one and the app's last one of type production are protected; any other of
    /// type production needs a confirmation.
    ///
    /// # Errors
    /// `not_found`, `environment_protected`, `confirmation_required`, `unavailable`.
    pub async fn delete(&self, id: EnvironmentId, confirm: Confirm) -> Result<(), Error> {
        let now = self.foundation.now();
        self.foundation
            .change(|tx| async move {
                self.lock(&*tx).await?;
                let found = tx.environment(self.app, id).await?.ok_or_else(Error::not_found)?;
                self.check_deletable(&found, confirm, &*tx).await?;
                tx.delete_environment(self.app, id, now).await?;
                let event = self.event(now, "environment.deleted", id, about(&found))?;
                Ok::<_, Error>(event.insert(&self.app, &*tx).await?)
            })
            .await?;
        self.foundation.wakers.emptying.wake();
        Ok(())
    }

    async fn check_deletable(&self, found: &Environment, confirm: Confirm, tx: &dyn StoreTx) -> Result<(), Error> {
        if found.is_default.0 {
            return Err(protected("the default environment cannot be deleted: make another one the default first"));
        }
        if found.kind != EnvironmentType::Production {
            return Ok(());
        }
        let productions = Environment::find(&self.app).filter(Environment::KIND.eq(EnvironmentType::Production));
        if productions.filter(Environment::DELETED_AT.is_null()).count(tx).await? <= 1 {
            return Err(protected("the app's last environment of type production cannot be deleted"));
        }
        confirm.require(Destructive::DeleteEnvironment)
    }
}

fn protected(detail: &'static str) -> Error {
    Error::new(Code::EnvironmentProtected, detail)
}
