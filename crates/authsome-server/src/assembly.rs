//! The parts of the program: store, plugins, mailer, engine.

use std::path::PathBuf;
use std::sync::Arc;

use authsome::core::error::StoreError;
use authsome::core::mail::Mailer;
use authsome::core::secret::{MasterKey, SecretString, Token};
use authsome::core::store::Store;
use authsome::engine::{Engine, StartError};
use authsome::mail::{FolderMailer, SmtpMailer};
use authsome::memory::MemoryStore;
use authsome::mongo::MongoStore;
use authsome::pg::PgStore;
use authsome::sqlite::SqliteStore;

use crate::config::{Config, Database, MailConfig, Pool};
use crate::data_dir::{DataDir, make_writable};
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;

/// Opens the database. If it cannot be reached, the start ends: a supervisor starts the program again.
pub(crate) async fn open(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let Pool { max_connections: most, acquire_timeout: timeout } = config.pool;
    let unusable = |error: StoreError, remedy: &str| match error {
        StoreError::Invalid { what, why } => Failure::config(format!("{what} cannot be used: {why}"), remedy),
        error => Failure::config(chain(&error), remedy),
    };
    match &config.database {
        Database::Memory => Ok(Arc::new(MemoryStore::new())),
        Database::Sqlite { url, .. } => {
            let builder = with(SqliteStore::builder(url), most, |builder, most| builder.max_readers(most));
            let builder =
                with(builder, timeout, |builder, timeout| builder.acquire_timeout(timeout).busy_timeout(timeout));
            let remedy = "give --database the path of an SQLite file that this user can read and write";
            Ok(Arc::new(builder.connect().await.map_err(|error| unusable(error, remedy))?))
        }
        Database::Postgres(url) => {
            let builder = with(PgStore::builder(url.expose()), most, |builder, most| builder.max_connections(most));
            let builder = with(builder, timeout, |builder, timeout| builder.acquire_timeout(timeout));
            let remedy = "see that PostgreSQL runs and DATABASE_URL is postgres://user:password@host:5432/database";
            Ok(Arc::new(builder.connect().await.map_err(|error| unusable(error, remedy))?))
        }
        Database::Mongo(url) => {
            let builder = with(MongoStore::builder(url.expose()), most, |builder, most| builder.max_connections(most));
            let builder = with(builder, timeout, |builder, timeout| builder.server_selection_timeout(timeout));
            let remedy = "see that MongoDB runs as a replica set and DATABASE_URL is \
                          mongodb://user:password@host:27017/database?replicaSet=name";
            Ok(Arc::new(builder.connect().await.map_err(|error| unusable(error, remedy))?))
        }
    }
}

/// A builder with a value, if one is configured.
fn with<B, T>(builder: B, value: Option<T>, set: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

/// The transport of mails.
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

/// The administrator's token: the configured one, else the one in the data folder. On a database that processes share,
/// it is derived from the master key, so that all of them have the same one, and the folder has a copy.
pub(crate) fn admin_token(config: &Config, data: &DataDir, master_key: &MasterKey) -> Result<SecretString, Failure> {
    match &config.admin_token {
        Some(token) => Ok(token.clone()),
        None if config.database.is_shared() => {
            let bits = master_key.derive("administrator").mac(&[]);
            let token = SecretString::new(Token::from_bytes("aadm_", &bits).expose().to_owned());
            data.keep_shared_admin_token(&token)?;
            Ok(token)
        }
        None => data.admin_token(),
    }
}

/// The file with the administrator's token, unless it is configured.
pub(crate) fn admin_token_file(config: &Config, data: &DataDir) -> Option<PathBuf> {
    match (&config.admin_token, config.database.is_shared()) {
        (Some(_), _) => None,
        (None, true) => Some(data.shared_admin_token_file()),
        (None, false) => Some(data.admin_token_file()),
    }
}

/// Builds an engine. Does not use the store.
pub(crate) fn engine(
    engine_config: authsome::engine::Config,
    store: Arc<dyn Store>,
    master_key: MasterKey,
    mailer: Arc<dyn Mailer>,
    plugins: Plugins,
) -> Result<Engine, Failure> {
    let builder = Engine::builder().store(store).config(engine_config).master_key(master_key).mailer(mailer);
    plugins.add_to(builder).build().map_err(|error| Failure::config(chain(&error), "mend the configuration"))
}

/// Why an engine did not start, and what to do about it.
pub(crate) fn not_started(error: &StartError) -> Failure {
    Failure::config(chain(error), "see `authsome doctor`")
}
