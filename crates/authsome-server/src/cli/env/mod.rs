//! `authsome env`.

mod change;
mod compare;
mod delete;
mod file;
mod promote;
mod show;

use authsome::core::environment::Environment;
use authsome::core::error::Error;
use authsome::core::id::EnvironmentId;
use authsome::engine::{Engine, EnvironmentHandle, EnvironmentSetup, Environments};
use clap::Subcommand;

use super::open::{self, Place};
use super::output;
use crate::config::Flags;
use crate::failure::Failure;
use crate::plugins::Plugins;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome env list
  authsome env create Preview --type custom
  authsome env show staging
  authsome env update staging --set session_ttl=3600 --inherit mfa_required
  authsome env deactivate staging               refuses every sign-in there until `activate`
  authsome env set-default production           for requests that name no environment
  authsome env publishable-key production       prints its publishable key
  authsome env clone production Canary --webhook-url https://canary.example.com/hooks
  authsome env diff staging production          exit code 2 if they differ
  authsome env export staging > staging.yaml
  authsome env import staging.yaml --into preview
  authsome env promote staging production       shows what would change, and asks
  authsome env delete preview

Exit codes: 0 done, or nothing to do; 1 it failed, and says why; 2 `diff` found a difference.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the app's environments
    List,
    /// Make an environment
    Create(change::Create),
    /// Print an environment with its effective settings
    Show(Named),
    /// Change an environment and its own settings
    Update(change::Update),
    /// End an environment's suspension
    Activate(Named),
    /// Suspend an environment: every sign-in is refused, no data is lost
    Deactivate(Named),
    /// Make an environment the default, for requests that name none
    SetDefault(Named),
    /// Print an environment's publishable key, or replace it
    PublishableKey(change::PublishableKey),
    /// Make an environment with the settings, forms and webhooks of another one
    Clone(change::CloneArguments),
    /// Delete an environment with all its users
    #[command(after_help = delete::ABOUT)]
    Delete(delete::Arguments),
    /// Rotate the keys that sign tokens
    RotateKeys(change::RotateKeys),
    /// Print the differences of two environments: settings, forms and webhooks
    #[command(after_help = compare::ABOUT)]
    Diff(compare::Arguments),
    /// Print an environment's settings, forms and webhooks, as YAML
    #[command(after_help = file::ABOUT)]
    Export(Named),
    /// Change an environment to match a file, or make it
    #[command(after_help = file::ABOUT)]
    Import(file::Import),
    /// Give an environment the settings, forms and webhooks of another one
    #[command(after_help = promote::ABOUT)]
    Promote(promote::Arguments),
}

#[derive(clap::Args, Debug)]
struct Named {
    /// Slug or id
    environment: String,
}

pub(super) async fn run(flags: &Flags, arguments: Arguments, plugins: Plugins) -> Result<(), Failure> {
    let Arguments { place, verb } = arguments;
    // Exit code 2 tells scripts that environments differ; so a wrong configuration is an ordinary failure here.
    let is_check = matches!(verb, Verb::Diff(_));
    let engine = open::engine(flags, plugins).await;
    let engine = if is_check { engine.map_err(Failure::while_running)? } else { engine? };
    let work = async {
        let app = open::app(&engine, &place.app).await?;
        let environments = engine.environments_of(app.id);
        carry_out(&Of { engine: &engine, app: &app.slug, environments }, verb).await
    };
    open::closing(&**engine.store(), work).await
}

async fn carry_out(of: &Of<'_>, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::List => show::list(of).await,
        Verb::Create(arguments) => change::create(of, arguments).await,
        Verb::Show(Named { environment }) => show::one(of, &environment).await,
        Verb::Update(arguments) => change::update(of, arguments).await,
        Verb::Activate(named) => changed(of, of.environments.activate(of.id(&named).await?).await),
        Verb::Deactivate(named) => changed(of, of.environments.deactivate(of.id(&named).await?).await),
        Verb::SetDefault(named) => changed(of, of.environments.set_default(of.id(&named).await?).await),
        Verb::PublishableKey(arguments) => change::publishable_key(of, &arguments).await,
        Verb::Clone(arguments) => change::clone(of, arguments).await,
        Verb::Delete(arguments) => delete::run(of, &arguments).await,
        Verb::RotateKeys(arguments) => change::rotate_keys(of, &arguments).await,
        Verb::Diff(arguments) => compare::run(of, &arguments).await,
        Verb::Export(Named { environment }) => file::export(of, &environment).await,
        Verb::Import(arguments) => file::import(of, &arguments).await,
        Verb::Promote(arguments) => promote::run(of, &arguments).await,
    }
}

/// The environments of an app.
struct Of<'a> {
    engine: &'a Engine,
    app: &'a str,
    environments: Environments,
}

impl Of<'_> {
    async fn handle(&self, named: &str) -> Result<EnvironmentHandle, Failure> {
        open::environment(self.engine, self.app, Some(named)).await
    }

    /// The environment of this slug or id.
    async fn named(&self, named: &str) -> Result<Environment, Failure> {
        Ok(self.handle(named).await?.environment().environment.clone())
    }

    async fn id(&self, Named { environment }: &Named) -> Result<EnvironmentId, Failure> {
        Ok(self.named(environment).await?.id)
    }

    async fn setup(&self, environment: &Environment) -> Result<EnvironmentSetup, Failure> {
        let what = format!("the environment `{}`", environment.slug);
        open::done(self.environments.setup(environment.id).await, &what, "env list")
    }
}

fn made(of: &Of<'_>, outcome: Result<Environment, Error>) -> Result<(), Failure> {
    shown(of, "the environment was not made", outcome)
}

fn changed(of: &Of<'_>, outcome: Result<Environment, Error>) -> Result<(), Failure> {
    shown(of, "the environment was not changed", outcome)
}

/// Prints a new or changed environment, and warnings about its settings.
fn shown(of: &Of<'_>, refused: &str, outcome: Result<Environment, Error>) -> Result<(), Failure> {
    let environment = open::done(outcome, refused, "env list")?;
    output::fields(&show::described(&environment))?;
    of.engine.warnings(&environment.settings).into_iter().try_for_each(output::warning)
}
