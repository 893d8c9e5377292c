//! `authsome app`.

use authsome::core::entity::Page;
use authsome::engine::{Engine, NewApp};
use clap::Subcommand;

use super::{open, output};
use crate::config::Flags;
use crate::failure::Failure;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome app list
  authsome app create \"My Shop\" --slug shop       with the environments development, staging, production")]
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
        /// Name for requests and commands; by default made of the name
        #[arg(long)]
        slug: Option<String>,
    },
}

pub(super) async fn run(flags: &Flags, arguments: Arguments) -> Result<(), Failure> {
    let engine = open::engine(flags).await?;
    let outcome = carry_out(&engine, arguments.verb).await;
    open::close(&engine).await?;
    outcome
}

async fn carry_out(engine: &Engine, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let mut rows = Vec::new();
            let mut page = Page::first(Page::<()>::MAX_LIMIT);
            loop {
                let listed =
                    engine.apps().list(page).await.map_err(|error| open::refused(&error, "the list", "doctor"))?;
                rows.extend(
                    listed.data.into_iter().map(|app| [app.slug, app.name, app.publishable_key, app.id.to_string()]),
                );
                match listed.next_cursor {
                    Some(after) => page = Page::after(after, Page::<()>::MAX_LIMIT),
                    None => break,
                }
            }
            output::table(["SLUG", "NAME", "PUBLISHABLE KEY", "ID"], &rows)
        }
        Verb::Create { name, slug } => {
            let made = engine.apps().create(&NewApp { name, slug }).await;
            let app = made.map_err(|error| open::refused(&error, "the app was not made", "app list"))?;
            output::fields(&[
                ("id", app.id.to_string()),
                ("slug", app.slug),
                ("name", app.name),
                ("publishable key", app.publishable_key),
            ])
        }
    }
}
