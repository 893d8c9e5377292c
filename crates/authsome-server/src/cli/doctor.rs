//! `authsome doctor`: a line for each check.

use std::path::Path;
use std::sync::Arc;

use authsome::core::clock::{Clock, SystemClock};
use authsome::core::installation::Installation;
use authsome::core::store::Store;
use authsome::core::time::Timestamp;
use authsome::migrate::{Migrator, Status, StepState};

use super::{isolation, output};
use crate::config::{Config, Database, Flags, MailConfig, ServeFlags};
use crate::data_dir::{DataDir, open_to_others};
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;
use crate::{assembly, master_key};

pub(super) const EXAMPLES: &str = "Examples:
  authsome doctor                                     checks the configuration of the server
  authsome doctor --config /etc/authsome.toml
  authsome doctor --isolation                         reads every row for references that leave their environment

Prints a line for each check: ok, warn or fail. Ends with code 1 if one fails. Changes nothing in the database.";

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    serve: ServeFlags,
    /// Instead, read every row in pages, and print each reference that leaves its environment
    #[arg(long)]
    isolation: bool,
}

/// This program is younger than 2025-01-01; an earlier clock is wrong.
const SANE_SINCE: i64 = 1_735_689_600_000;

/// The result of a check.
enum Verdict {
    Ok(String),
    Warn(String),
    Fail(String),
}

use Verdict::{Fail, Ok as Good, Warn};

#[derive(Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn line(&mut self, check: &str, verdict: Verdict) -> Result<(), Failure> {
        let (word, text) = match verdict {
            Good(text) => ("ok  ", text),
            Warn(text) => ("warn", text),
            Fail(text) => {
                self.failed += 1;
                ("fail", text)
            }
        };
        output::line(format!("{word}  {check}: {text}"))
    }
}

pub(super) async fn run(flags: &Flags, arguments: &Arguments, plugins: &Plugins) -> Result<(), Failure> {
    let Arguments { serve, isolation } = arguments;
    if *isolation {
        return isolation::run(flags, serve, plugins).await;
    }
    let mut report = Report::default();
    match Config::load(flags, serve) {
        Err(failure) => report.line("configuration", Fail(failure.to_string()))?,
        Ok(config) => {
            crate::log::start(&config, "warn")?;
            report.line("configuration", understood(&config.unknown_variables))?;
            examine(&config, plugins, &mut report).await?;
        }
    }
    match report.failed {
        0 => Ok(()),
        1 => Err(Failure::run("a check failed", "mend what the line that begins with `fail` names")),
        failed => Err(Failure::run(format!("{failed} checks failed"), "mend what the lines above name")),
    }
}

async fn examine(config: &Config, plugins: &Plugins, report: &mut Report) -> Result<(), Failure> {
    let store = existing(config).await;
    let set_up = match &store {
        None => Ok(None),
        Some(Ok(store)) => master_key::installation(&**store, plugins).await,
        Some(Err(failure)) => Err(failure.clone()),
    };
    match DataDir::open(&config.data_dir) {
        Err(failure) => report.line("data folder", Fail(failure.to_string()))?,
        Ok(data) => {
            report.line("data folder", folder(&data))?;
            report.line("master key", key(config, &data, set_up))?;
            report.line("administrator's token", admin_token(config, &data))?;
        }
    }
    report.line("clock", clock(SystemClock.now()))?;
    report.line("mail", mail(&config.mail))?;
    if !config.rate_limits {
        report.line("rate limits", Warn("off: meant for load tests".to_owned()))?;
    }
    match (store, config.database.file()) {
        (Some(Err(failure)), _) => report.line("database", Fail(failure.to_string())),
        (Some(Ok(store)), _) => database_checks(&*store, plugins, report).await,
        (None, Some(file)) => report.line("database", Good(format!("{} is made at the first start", file.display()))),
        (None, None) => report.line("database", Warn("in memory: nothing outlives the server".to_owned())),
    }
}

/// The database, if it exists.
async fn existing(config: &Config) -> Option<Result<Arc<dyn Store>, Failure>> {
    let is_absent = config.database.file().is_some_and(|file| !file.exists());
    if is_absent || matches!(config.database, Database::Memory) { None } else { Some(assembly::open(config).await) }
}

async fn database_checks(store: &dyn Store, plugins: &Plugins, report: &mut Report) -> Result<(), Failure> {
    let answers = store.ping().await.map_or_else(|error| Fail(chain(&error)), |()| Good("answers".to_owned()));
    report.line("database", answers)?;
    let migrator = match Migrator::new(store.migrations(), &plugins.migration_groups(), &SystemClock) {
        Ok(migrator) => migrator,
        Err(error) => return report.line("migrations", Fail(chain(&error))),
    };
    if migrator.status().await.is_ok_and(|status| untouched(&status)) {
        return report.line("migrations", Good("the tables are made at the first start".to_owned()));
    }
    let current = migrations(&migrator).await;
    let is_current = matches!(current, Good(_));
    report.line("migrations", current)?;
    if is_current {
        report.line("environments", environments(store).await)?;
    }
    Ok(())
}

fn understood(unknown: &[String]) -> Verdict {
    match unknown {
        [] => Good("understood".to_owned()),
        unknown => Warn(format!("{} is unknown to this program", unknown.join(", "))),
    }
}

fn folder(data: &DataDir) -> Verdict {
    let shown = data.path().display();
    if open_to_others(data.path()) {
        Warn(format!("others can enter {shown}: set its mode to 0700"))
    } else {
        Good(shown.to_string())
    }
}

/// `set_up` is the installation's row in the database.
fn key(config: &Config, data: &DataDir, set_up: Result<Option<Installation>, Failure>) -> Verdict {
    let file = data.master_key_file();
    match (master_key::known(config, data), set_up) {
        (Err(failure), _) => Fail(failure.to_string()),
        (Ok(Some(key)), Ok(Some(installation))) if !installation.is_under(&key) => {
            Fail(master_key::another(config, data).to_string())
        }
        (Ok(Some(_)), _) if config.master_key.is_some() => Good("from the configuration".to_owned()),
        (Ok(Some(_)), _) => private(&file),
        (Ok(None), Ok(Some(_))) => Fail(master_key::lost(data).to_string()),
        (Ok(None), Ok(None)) => Good(format!("{} is made at the first start", file.display())),
        (Ok(None), Err(_)) => {
            Warn(format!("{} is missing; the database does not say whether it existed", file.display()))
        }
    }
}

fn admin_token(config: &Config, data: &DataDir) -> Verdict {
    let Some(file) = assembly::admin_token_file(config, data) else {
        return Good("from the configuration".to_owned());
    };
    match (config.database.is_shared(), file.exists()) {
        (true, false) => Good(format!("derived from the master key; {} is made at the start", file.display())),
        (false, false) => Good(format!("{} is made at the first start", file.display())),
        (true, true) => private(&file),
        (false, true) => match data.admin_token() {
            Err(failure) => Fail(failure.to_string()),
            Ok(_) => private(&file),
        },
    }
}

fn private(file: &Path) -> Verdict {
    if open_to_others(file) {
        Fail(format!("others can read {}: set its mode to 0600", file.display()))
    } else {
        Good(file.display().to_string())
    }
}

fn clock(now: Timestamp) -> Verdict {
    if now.as_millis() < SANE_SINCE {
        Fail(format!("it says {now}: set it, or tokens expire at the wrong time"))
    } else {
        Good(now.to_string())
    }
}

fn mail(mail: &MailConfig) -> Verdict {
    match assembly::mailer(mail) {
        Err(failure) => Fail(failure.to_string()),
        Ok(_) => match mail {
            MailConfig::Smtp { .. } => Good("through the configured mail server".to_owned()),
            MailConfig::Folder(folder) => {
                Warn(format!("not configured: mails are written to {}; set AUTHSOME_SMTP_URL", folder.display()))
            }
        },
    }
}

/// Whether no step was ever applied.
fn untouched(status: &Status) -> bool {
    status.faults.is_empty() && status.steps.iter().all(|step| step.state == StepState::Pending)
}

async fn migrations(migrator: &Migrator<'_>) -> Verdict {
    match migrator.verify().await {
        Err(error) => Fail(chain(&error)),
        Ok(differences) => match differences.first() {
            None => Good("current".to_owned()),
            Some(first) => Fail(format!("{first} (in all {}); run `authsome migrate up`", differences.len())),
        },
    }
}

async fn environments(store: &dyn Store) -> Verdict {
    let name = authsome::engine::Config::default().app;
    let app = match store.app_by_slug(&name).await {
        Err(error) => return Fail(chain(&error)),
        Ok(None) => return Good(format!("the app `{name}` and its environments are made at the first start")),
        Ok(Some(app)) => app,
    };
    match store.default_environment(app.id).await {
        Err(error) => Fail(chain(&error)),
        Ok(Some(environment)) => Good(format!("the default one is `{}`", environment.slug)),
        Ok(None) => Fail(format!("the app `{name}` has no default environment: start the server to make it")),
    }
}
