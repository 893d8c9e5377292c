//! `authsome app`.

use authsome::core::app::App;
use authsome::core::entity::Listed;
use authsome::core::error::Error;
use authsome::engine::{AppPatch, Engine, NewApp};
use clap::Subcommand;

use super::open::{self, Confirmation};
use super::output;
use crate::config::Flags;
use crate::failure::Failure;
use crate::plugins::Plugins;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome app list
  authsome app create \"My Shop\" --slug shop       with the environments development, staging, production
  authsome app update shop --name \"Our Shop\"
  authsome app publishable-key shop               prints the key that clients send
  authsome app publishable-key shop --replace     clients that send the old one are refused from then on
  authsome app delete shop --confirm delete-app   with everybody in it")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the apps
    List,
    /// Make an app with its three environments
    Create {
        /// Name for people
        name: String,
        /// Name for requests and commands; by default made from the name
        #[arg(long)]
        slug: Option<String>,
    },
    /// Change an app's name or slug
    Update {
        /// Slug
        app: String,
        /// Name for people
        #[arg(long)]
        name: Option<String>,
        /// Name for requests and commands
        #[arg(long)]
        slug: Option<String>,
    },
    /// Print an app's publishable key, or replace it
    PublishableKey {
        /// Slug
        app: String,
        /// Replace the key: clients that send the old one are refused from then on
        #[arg(long)]
        replace: bool,
    },
    /// Delete an app with all its environments. Always needs a confirmation
    Delete {
        /// Slug
        app: String,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

pub(super) async fn run(flags: &Flags, arguments: Arguments, plugins: Plugins) -> Result<(), Failure> {
    let engine = open::engine(flags, plugins).await?;
    open::closing(&**engine.store(), carry_out(&engine, arguments.verb)).await
}

async fn carry_out(engine: &Engine, verb: Verb) -> Result<(), Failure> {
    let apps = engine.apps();
    match verb {
        Verb::List => {
            let every = Listed::every(usize::MAX, |page| apps.list(page)).await;
            let row = |app: App| [app.slug, app.name, app.publishable_key, app.id.to_string()];
            let rows: Vec<_> = open::done(every, "the list", "doctor")?.into_iter().map(row).collect();
            output::table(["SLUG", "NAME", "PUBLISHABLE KEY", "ID"], &rows)
        }
        Verb::Create { name, slug } => shown("the app was not made", apps.create(&NewApp { name, slug }).await),
        Verb::Update { app, name, slug } => {
            let id = open::app(engine, &app).await?.id;
            shown("the app was not changed", apps.update(id, &AppPatch { name, slug, metadata: None }).await)
        }
        Verb::PublishableKey { app, replace } => {
            let mut app = open::app(engine, &app).await?;
            if replace {
                app = open::done(apps.replace_publishable_key(app.id).await, "the key was not replaced", "app list")?;
            }
            output::line(app.publishable_key)
        }
        Verb::Delete { app, confirmation } => {
            let app = open::app(engine, &app).await?;
            open::done(apps.delete(app.id, confirmation.given()).await, "the app was not deleted", "app list")?;
            output::line(format!("{} was deleted; a running server removes its data", app.slug))
        }
    }
}

fn shown(refused: &str, outcome: Result<App, Error>) -> Result<(), Failure> {
    let app = open::done(outcome, refused, "app list")?;
    output::fields(&[
        ("id", app.id.to_string()),
        ("slug", app.slug),
        ("name", app.name),
        ("publishable key", app.publishable_key),
    ])
}
