//! The first start: tables, the app, and its three environments.

use std::sync::Arc;

use authsome_context::Foundation;
use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::entropy::EntropyError;
use authsome_core::error::{Error, StoreError};
use authsome_core::installation::Installation;
use authsome_core::migration::MigrateError;
use authsome_core::route::ActiveEnvironment;

use crate::apps::NewAppRows;
use crate::every::every_environment;

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database was first used under another master key.
    #[error("the master key is not the one that this database was first used with: start with that one")]
    MasterKey,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no randomness to make ids and keys from.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The environments could not be looked at.
    #[error("the environments could not be looked at: {0}")]
    Environments(Error),
    /// The app could not be made.
    #[error("the app could not be made: {0}")]
    App(Error),
}

/// Brings the database up to date and makes what every start needs, where it is not there. Of processes at once, one
/// makes it.
pub(super) async fn prepare(foundation: &Foundation) -> Result<(), StartError> {
    let report = foundation.store.migrate(&foundation.plugins.groups).await?;
    for group in &report.absent_groups {
        tracing::warn!(group, "the database holds tables of a plugin that this program does not have");
    }
    // A key that ends with the process claims nothing.
    if foundation.is_lasting
        && !Installation::claim(&foundation.master_key, foundation.now(), &*foundation.store).await?
    {
        return Err(StartError::MasterKey);
    }
    make_app(foundation).await?;
    warn_of_lock_outs(foundation).await
}

/// Warns of environments in which nobody can sign in, because a second factor is required and no plugin brings one.
async fn warn_of_lock_outs(foundation: &Foundation) -> Result<(), StartError> {
    if !foundation.plugins.second_factors.is_empty() {
        return Ok(());
    }
    let warn = |active: Arc<ActiveEnvironment>| async move {
        if active.settings.mfa_required {
            let environment = &active.environment.slug;
            tracing::warn!(environment, "nobody can sign in: a second factor is required, and no plugin brings one");
        }
        Ok(())
    };
    every_environment(foundation, warn).await.map_err(StartError::Environments)
}

async fn make_app(foundation: &Foundation) -> Result<(), StartError> {
    let slug = &foundation.config.app;
    if foundation.store.app_by_slug(slug).await?.is_some() {
        return Ok(());
    }
    let rows = &NewAppRows::new(foundation, slug, slug).map_err(StartError::App)?;
    let made = foundation
        .change(|tx| async move {
            let app: &App = &rows.app;
            if !app.insert_if_absent((), &*tx).await? {
                return Ok::<_, StoreError>(false);
            }
            rows.write_rest(&*tx).await?;
            Ok(true)
        })
        .await?;
    if made {
        tracing::info!(app = slug, "the app was made with environments development, staging and production");
    }
    Ok(())
}
