//! `authsome doctor --isolation`: rows that refer to another environment.

use authsome::core::clock::SystemClock;
use authsome::core::isolation::inspect;
use authsome::core::store::Store;
use authsome::migrate::Migrator;

use super::{open, output};
use crate::assembly;
use crate::config::{Config, Database, Flags, ServeFlags};
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;

pub(super) async fn run(flags: &Flags, serve: &ServeFlags, plugins: &Plugins) -> Result<(), Failure> {
    let config = Config::load(flags, serve).map_err(Failure::while_running)?;
    crate::log::start(&config, "warn")?;
    if matches!(config.database, Database::Memory) {
        return Err(Failure::run(
            "the memory database lives inside one server",
            "name another database with --database",
        ));
    }
    if config.database.file().is_some_and(|file| !file.exists()) {
        return Err(Failure::run("the database does not exist yet", "start the server to make it"));
    }
    let store = assembly::open(&config).await.map_err(Failure::while_running)?;
    open::closing(&*store, scan(&*store, plugins)).await
}

async fn scan(store: &dyn Store, plugins: &Plugins) -> Result<(), Failure> {
    let unreadable = |error: &dyn std::error::Error| Failure::run(chain(error), "see `authsome doctor`");
    let migrator = Migrator::new(store.migrations(), &plugins.migration_groups(), &SystemClock)
        .map_err(|error| unreadable(&error))?;
    if !migrator.status().await.map_err(|error| unreadable(&error))?.is_current() {
        return Err(Failure::run("the database is not current", "run `authsome migrate up`"));
    }
    let tables = plugins.tables();
    let (mut found, mut printed) = (0, Ok(()));
    let rows = inspect(&tables, store, |finding| {
        found += 1;
        if printed.is_ok() {
            printed = output::line(format!("fail  {}", output::harmless(&finding.to_string())));
        }
    })
    .await
    .map_err(|error| unreadable(&error))?;
    printed?;
    let looked_at = format!("{rows} rows of {} tables", tables.len());
    if found == 0 {
        return output::line(format!("ok    isolation: {looked_at}, without a reference to another environment"));
    }
    let what = format!("{found} references leave their environment, in {looked_at}");
    Err(Failure::run(what, "mend or remove the rows above, and find out what wrote them past this program"))
}
