//! What the program is put together from: store, plugins, mailer, engine.

use std::sync::Arc;

use authsome::core::mail::Mailer;
use authsome::core::plugin::Plugin;
use authsome::core::secret::MasterKey;
use authsome::core::store::Store;
use authsome::engine::{Engine, StartError};
use authsome::mail::{FolderMailer, SmtpMailer};
use authsome::memory::MemoryStore;
use authsome::password::PasswordPlugin;
use authsome::sqlite::SqliteStore;

use crate::config::{Config, Database, MailConfig};
use crate::data_dir::{DataDir, make_writable};
use crate::failure::{Failure, chain};

/// The plugins that the program has. The one list: server, command line and tasks take it from here.
#[must_use]
pub fn plugins() -> Vec<Box<dyn Plugin>> {
    vec![Box::new(PasswordPlugin::default())]
}

/// Opens the database.
pub(crate) async fn open(database: &Database) -> Result<Arc<dyn Store>, Failure> {
    match database {
        Database::Memory => Ok(Arc::new(MemoryStore::new())),
        Database::Sqlite { url, .. } => {
            let store = SqliteStore::connect(url).await.map_err(|error| {
                let remedy = "give --database the path of an SQLite file that this user can read and write";
                Failure::config(chain(&error), remedy)
            })?;
            Ok(Arc::new(store))
        }
    }
}

/// How mail leaves.
pub(crate) fn mailer(mail: &MailConfig) -> Result<Arc<dyn Mailer>, Failure> {
    match mail {
        MailConfig::Smtp { url, from } => {
            let mailer = SmtpMailer::new(url.expose(), from).map_err(|error| {
                Failure::config(
                    format!("mail cannot be sent: {}", chain(&error)),
                    "set AUTHSOME_SMTP_URL such as smtps://user:password@mail.example.com and AUTHSOME_MAIL_FROM",
                )
            })?;
            Ok(Arc::new(mailer))
        }
        MailConfig::Folder(folder) => {
            make_writable(folder).map_err(|error| {
                Failure::config(
                    format!("mails cannot be written to {}: {error}", folder.display()),
                    "name a folder that this user can write to with AUTHSOME_MAIL_DIR",
                )
            })?;
            Ok(Arc::new(FolderMailer::new(folder).announce_links(true)))
        }
    }
}

/// The installation's key: the one that is configured, else the one in the data folder.
pub(crate) fn master_key(config: &Config, data: &DataDir) -> Result<MasterKey, Failure> {
    config.master_key.clone().map_or_else(|| data.master_key(), Ok)
}

/// Puts an engine together. Nothing is read from or written to the store.
pub(crate) fn engine(
    engine_config: authsome::engine::Config,
    store: Arc<dyn Store>,
    master_key: MasterKey,
    mailer: Option<Arc<dyn Mailer>>,
) -> Result<Engine, Failure> {
    let mut builder = Engine::builder().store(store).config(engine_config).master_key(master_key);
    for plugin in plugins() {
        builder = builder.boxed_plugin(plugin);
    }
    if let Some(mailer) = mailer {
        builder = builder.mailer(mailer);
    }
    builder.build().map_err(|error| Failure::config(chain(&error), "mend the configuration"))
}

/// Why an engine did not start, and what to do about it.
pub(crate) fn not_started(error: &StartError) -> Failure {
    Failure::config(chain(error), "see `authsome doctor`")
}
