//! The installation's master key: its source, and whether it is the database's.

use std::sync::Arc;

use authsome::core::clock::SystemClock;
use authsome::core::installation::Installation;
use authsome::core::secret::MasterKey;
use authsome::core::store::Store;
use authsome::migrate::{Migrator, StepState};

use crate::assembly;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;

/// The configured key, else the one in the data folder, if it exists. Processes that share a database need the same
/// key, so there it must be configured.
pub(crate) fn known(config: &Config, data: &DataDir) -> Result<Option<MasterKey>, Failure> {
    match &config.master_key {
        Some(key) => Ok(Some(key.clone())),
        None if config.database.is_shared() => Err(Failure::config(
            "a database that processes share needs a master key",
            "set AUTHSOME_MASTER_KEY to what `authsome keygen` prints, the same for every process",
        )),
        None => data.master_key(),
    }
}

/// Opens the database, with the key. For a new database, a missing key is made in the data folder.
pub(crate) async fn open_database(
    config: &Config,
    data: &DataDir,
    plugins: &Plugins,
) -> Result<(Arc<dyn Store>, MasterKey), Failure> {
    let known = known(config, data)?;
    let store = assembly::open(config).await?;
    let key = match known {
        Some(key) => key,
        None => first(data, &*store, plugins).await?,
    };
    Ok((store, key))
}

async fn first(data: &DataDir, store: &dyn Store, plugins: &Plugins) -> Result<MasterKey, Failure> {
    let set_up = installation(store, plugins).await?;
    // Another process makes the key before it sets the database up: so it is looked for after the database was looked at.
    match (data.master_key()?, set_up) {
        (Some(key), _) => Ok(key),
        (None, Some(_)) => Err(lost(data)),
        (None, None) => data.make_master_key(),
    }
}

/// The installation's row in the database, if it was set up. Changes nothing.
pub(crate) async fn installation(store: &dyn Store, plugins: &Plugins) -> Result<Option<Installation>, Failure> {
    let unreadable = |error: &dyn std::error::Error| Failure::config(chain(error), "see `authsome doctor`");
    let groups = plugins.migration_groups();
    let migrator = Migrator::new(store.migrations(), &groups, &SystemClock).map_err(|error| unreadable(&error))?;
    let status = migrator.status().await.map_err(|error| unreadable(&error))?;
    // The first step of all makes the table.
    if status.steps.iter().all(|step| step.state == StepState::Pending) {
        return Ok(None);
    }
    Installation::stored(store).await.map_err(|error| unreadable(&error))
}

/// The refusal to start on a database that was set up under a missing key.
pub(crate) fn lost(data: &DataDir) -> Failure {
    let file = data.master_key_file();
    Failure::config(
        format!("the database was set up under a master key, and {} is missing", file.display()),
        "restore the file from a backup, or set AUTHSOME_MASTER_KEY to that key",
    )
}

/// The refusal to start on a database that was set up under another key.
pub(crate) fn another(config: &Config, data: &DataDir) -> Failure {
    let (place, remedy) = match &config.master_key {
        Some(_) => ("AUTHSOME_MASTER_KEY".to_owned(), "set it to the key that the database was first used with"),
        None => {
            let remedy = "restore the file from a backup, or set AUTHSOME_MASTER_KEY to the key that the database was \
                          first used with";
            (data.master_key_file().display().to_string(), remedy)
        }
    };
    Failure::config(format!("the database was set up under another key than the one in {place}"), remedy)
}

#[cfg(test)]
mod tests {
    use authsome::core::entropy::OsEntropy;
    use authsome::core::time::Timestamp;
    use authsome::memory::MemoryStore;

    use super::*;

    fn plugins() -> Plugins {
        Plugins::with(Vec::new())
    }

    /// A database that was set up under this key.
    async fn set_up_under(key: &MasterKey) -> MemoryStore {
        let store = MemoryStore::new();
        store.migrate(&[]).await.unwrap();
        assert!(installation(&store, &plugins()).await.unwrap().is_none());
        assert!(Installation::claim(key, Timestamp::from_millis(0).unwrap(), &store).await.unwrap());
        store
    }

    #[tokio::test]
    async fn a_key_is_made_for_a_new_database_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let lost_key = MasterKey::generate(&OsEntropy).unwrap();
        assert_eq!(first(&data, &set_up_under(&lost_key).await, &plugins()).await.unwrap_err().exit(), 2);
        assert!(!data.master_key_file().exists());
        let made = first(&data, &MemoryStore::new(), &plugins()).await.unwrap();
        assert!(data.master_key_file().exists());
        assert!(installation(&set_up_under(&made).await, &plugins()).await.unwrap().unwrap().is_under(&made));
        assert!(!installation(&set_up_under(&made).await, &plugins()).await.unwrap().unwrap().is_under(&lost_key));
    }

    #[tokio::test]
    async fn a_key_that_another_process_has_just_made_and_used_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let made = data.make_master_key().unwrap();
        let taken = first(&data, &set_up_under(&made).await, &plugins()).await.unwrap();
        assert_eq!(taken.to_base64().expose(), made.to_base64().expose());
    }
}
