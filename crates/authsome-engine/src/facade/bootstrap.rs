//! The first start: tables, the app, and its three environments.

use authsome_context::Foundation;
use authsome_core::app::App;
use authsome_core::entity::Entity;
use authsome_core::entropy::EntropyError;
use authsome_core::error::{Error, StoreError};
use authsome_core::installation::Installation;
use authsome_core::migration::MigrateError;

use crate::apps::NewAppRows;

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
    make_app(foundation).await
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
