//! The common parts of the commands on apps, environments and users.

use authsome::core::app::App;
use authsome::core::confirmation::{Confirm, Destructive};
use authsome::core::error::Error;
use authsome::core::store::Store;
use authsome::engine::{Engine, EnvironmentHandle};

use crate::config::{Config, Database, Flags, ServeFlags};
use crate::data_dir::DataDir;
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;
use crate::{assembly, master_key};

/// The app and environment of a command.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Place {
    /// App, by its slug
    #[arg(long, global = true, value_name = "SLUG", default_value = "default")]
    pub(crate) app: String,
}

/// The confirmation of a destructive command.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Confirmation {
    /// Confirm a destructive command by its word, such as delete-environment
    #[arg(long, value_name = "ACTION")]
    confirm: Option<Destructive>,
}

impl Confirmation {
    pub(crate) fn given(&self) -> Confirm {
        self.confirm.map_or(Confirm::NOTHING, Confirm::to)
    }
}

/// The database of the configuration, brought up to date, without background jobs.
pub(crate) async fn engine(flags: &Flags, plugins: Plugins) -> Result<Engine, Failure> {
    let config = Config::load(flags, &ServeFlags::default())?;
    crate::log::start(&config, "warn")?;
    if matches!(config.database, Database::Memory) {
        return Err(Failure::config(
            "the memory database lives inside one server",
            "use its HTTP routes, or name another database with --database",
        ));
    }
    let data = DataDir::open(&config.data_dir)?;
    let (store, key) = master_key::open_database(&config, &data, &plugins).await?;
    let mailer = assembly::mailer(&config.mail)?;
    let engine = assembly::engine(authsome::engine::Config::default(), store, key, mailer, plugins)?;
    engine.prepare().await.map_err(|error| assembly::not_started(&error))?;
    Ok(engine)
}

/// Does work on a store, then closes it; afterwards the work is safe on the disk.
pub(crate) async fn closing(store: &dyn Store, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let outcome = work.await;
    store.close().await.map_err(|error| Failure::run(chain(&error), "see `authsome doctor`"))?;
    outcome
}

/// The app of this slug.
pub(crate) async fn app(engine: &Engine, slug: &str) -> Result<App, Failure> {
    done(engine.apps().get_by_slug(slug).await, &format!("the app `{slug}`"), "app list")
}

/// The app's environment of this slug or id, or its default one.
pub(crate) async fn environment(
    engine: &Engine,
    app_slug: &str,
    named: Option<&str>,
) -> Result<EnvironmentHandle, Failure> {
    let app = app(engine, app_slug).await?;
    let Some(named) = named else {
        let (what, list) = ("the default environment", "env list");
        let default = done(engine.environments_of(app.id).get_default().await, what, list)?;
        return done(engine.environment_of(app.id, default.id).await, what, list);
    };
    done(engine.environment_of(app.id, named).await, &format!("the environment `{named}`"), "env list")
}

/// What a service has done, or its error as [`refused`] tells it.
pub(crate) fn done<T>(outcome: Result<T, Error>, what: &str, list: &str) -> Result<T, Failure> {
    outcome.map_err(|error| refused(&error, what, list))
}

/// A service's error as a failure of the command: the object, and the command that lists what exists.
pub(crate) fn refused(error: &Error, what: &str, list: &str) -> Failure {
    use authsome::core::error::Code;
    match error.code() {
        Code::NotFound => Failure::run(format!("{what} does not exist"), format!("see `authsome {list}`")),
        Code::Internal | Code::Unavailable => {
            Failure::run(format!("{what}: {}", chain(error)), "see `authsome doctor`")
        }
        Code::ConfirmationRequired => {
            let action = error.extra().get("action").and_then(|action| action.as_str()).unwrap_or("ACTION");
            Failure::run(format!("{what}: the command is destructive"), format!("give --confirm {action} to do it"))
        }
        _ => Failure::run(what, error.detail()),
    }
}
