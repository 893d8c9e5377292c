//! `authsome migrate`.

use std::sync::Arc;

use authsome::core::clock::SystemClock;
use authsome::core::migration::MigrateError;
use authsome::core::store::Store;
use authsome::migrate::{DownTo, Migrator, StepRef};
use clap::Subcommand;

use super::{open, output, prompt};
use crate::assembly;
use crate::config::{Config, Flags, ServeFlags};
use crate::failure::{Failure, chain};
use crate::plugins::Plugins;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome migrate plan                 the exact statements that `up` would run
  authsome migrate up                   what every start of the server does too
  authsome migrate status --check       for scripts: exit code 2 if a step is pending
  authsome migrate down --yes           take back the last step, with its data, without asking
  authsome migrate verify               compare the live tables with the migrations

Exit codes: 0 done, or nothing to do; 1 it failed, and says why; 2 a check says no: `status --check` found a
pending step or a history at fault, or `verify` found a difference.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print what `up` would do, statement by statement
    Plan,
    /// Apply pending steps
    Up {
        /// Stop after this step
        #[arg(long, value_name = "GROUP/VERSION")]
        to: Option<String>,
    },
    /// Take steps back, and lose their data; by default the last applied step
    Down {
        /// Take back everything that was applied after this step
        #[arg(long, value_name = "GROUP/VERSION", conflicts_with = "all")]
        to: Option<String>,
        /// Take back every step, and lose all data
        #[arg(long)]
        all: bool,
        /// Do not ask; scripts need this
        #[arg(long)]
        yes: bool,
    },
    /// Print which steps are applied and which are pending
    Status {
        /// End with code 2 if a step is pending or the history is at fault
        #[arg(long)]
        check: bool,
    },
    /// Compare the live tables with the migrations; code 2 if they differ
    Verify,
    /// Adopt a database that already has the tables of the migrations
    Baseline,
}

pub(super) async fn run(flags: &Flags, arguments: Arguments, plugins: &Plugins) -> Result<(), Failure> {
    if let Verb::Down { yes: false, .. } = arguments.verb {
        prompt::confirm("Taking steps back loses their data.", "--yes")?;
    }
    // Exit code 2 tells scripts that a check says no; so a wrong configuration is an ordinary failure here.
    let store = store(flags).await.map_err(Failure::while_running)?;
    open::closing(&*store, carry_out(&*store, arguments.verb, plugins)).await
}

async fn store(flags: &Flags) -> Result<Arc<dyn Store>, Failure> {
    let config = Config::load(flags, &ServeFlags::default())?;
    crate::log::start(&config, "warn")?;
    if config.database.file().is_some() {
        crate::data_dir::DataDir::open(&config.data_dir)?;
    }
    assembly::open(&config).await
}

async fn carry_out(store: &dyn Store, verb: Verb, plugins: &Plugins) -> Result<(), Failure> {
    let migrator = Migrator::new(store.migrations(), &plugins.migration_groups(), &SystemClock)?;
    match verb {
        Verb::Plan => output::line(migrator.plan().await?.to_string().trim_end()),
        Verb::Up { to: None } => report("applied", &migrator.up().await?.applied),
        Verb::Up { to: Some(to) } => report("applied", &migrator.up_to(&step(&to)?).await?.applied),
        Verb::Down { to, all, yes: _ } => {
            let to = match to {
                Some(to) => DownTo::Step(step(&to)?),
                None if all => DownTo::Start,
                None => DownTo::LastStep,
            };
            report("taken back", &migrator.down(&to).await?.reverted)
        }
        Verb::Status { check } => {
            let status = migrator.status().await?;
            output::line(status.to_string().trim_end())?;
            if check && !status.is_current() {
                return Err(Failure::config("the database is not current", "run `authsome migrate up`"));
            }
            Ok(())
        }
        Verb::Verify => {
            let differences = migrator.verify().await?;
            for difference in &differences {
                output::line(difference)?;
            }
            if !differences.is_empty() {
                let what = format!("the database differs in {} places", differences.len());
                return Err(Failure::config(what, "run `authsome migrate up`, or restore what was changed by hand"));
            }
            output::line("no differences")
        }
        Verb::Baseline => report("adopted", &migrator.baseline().await?.applied),
    }
}

fn report(done: &str, steps: &[String]) -> Result<(), Failure> {
    if steps.is_empty() {
        return output::line("nothing to do");
    }
    steps.iter().try_for_each(|step| output::line(format!("{done} {step}")))
}

fn step(text: &str) -> Result<StepRef, Failure> {
    text.parse()
        .map_err(|_| Failure::run(format!("`{text}` names no step"), "give a group and a version, such as core/1"))
}

/// A migration error, with what to do if its text does not say so.
impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        let text = chain(&error);
        match text.split_once(": ") {
            Some((what, remedy)) => Self::run(what, remedy),
            None => Self::run(text, "see `authsome migrate status`"),
        }
    }
}
