//! `authsome env`.

use authsome::core::entity::Page;
use authsome::core::environment::{Environment, EnvironmentType};
use authsome::engine::{Engine, NewEnvironment};
use clap::Subcommand;

use super::open::{self, Place};
use super::output;
use crate::config::Flags;
use crate::failure::Failure;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome env list
  authsome env create Preview --type custom
  authsome env show staging
  authsome env deactivate staging               nobody can sign in there until `activate`
  authsome env set-default production           used where a request names no environment")]
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
    Create {
        /// Name for people
        name: String,
        /// Name for requests; by default made of the name
        #[arg(long)]
        slug: Option<String>,
        /// development, staging, production or custom
        #[arg(long = "type", value_name = "TYPE", default_value = "custom", value_parser = kind)]
        kind: EnvironmentType,
        /// What people should know about it
        #[arg(long)]
        description: Option<String>,
    },
    /// Print an environment with the settings that apply in it
    Show {
        /// Slug or id
        environment: String,
    },
    /// Let people authenticate in an environment again
    Activate {
        /// Slug or id
        environment: String,
    },
    /// Suspend an environment: nobody can authenticate in it, nothing is lost
    Deactivate {
        /// Slug or id
        environment: String,
    },
    /// Use an environment where a request names none
    SetDefault {
        /// Slug or id
        environment: String,
    },
}

fn kind(text: &str) -> Result<EnvironmentType, String> {
    text.parse().map_err(|_| "give development, staging, production or custom".to_owned())
}

pub(super) async fn run(flags: &Flags, arguments: Arguments) -> Result<(), Failure> {
    let engine = open::engine(flags).await?;
    let outcome = carry_out(&engine, &arguments.place.app, arguments.verb).await;
    open::close(&engine).await?;
    outcome
}

async fn carry_out(engine: &Engine, app: &str, verb: Verb) -> Result<(), Failure> {
    let app_id = open::app(engine, app).await?.id;
    let environments = engine.environments(app_id);
    let named = |named: String| async move {
        open::environment(engine, app, Some(&named)).await.map(|handle| handle.environment().environment.clone())
    };
    let changed = |outcome: Result<Environment, authsome::core::error::Error>| {
        let environment =
            outcome.map_err(|error| open::refused(&error, "the environment was not changed", "env list"))?;
        output::fields(&described(&environment))
    };
    match verb {
        Verb::List => {
            let mut rows = Vec::new();
            let mut page = Page::first(Page::<()>::MAX_LIMIT);
            loop {
                let listed = environments.list(page).await;
                let listed = listed.map_err(|error| open::refused(&error, "the list", "doctor"))?;
                rows.extend(listed.data.iter().map(row));
                match listed.next_cursor {
                    Some(after) => page = Page::after(after, Page::<()>::MAX_LIMIT),
                    None => break,
                }
            }
            // Oldest first, as they were made.
            rows.reverse();
            output::table(["SLUG", "TYPE", "DEFAULT", "ACTIVE", "NAME", "ID"], &rows)
        }
        Verb::Create { name, slug, kind, description } => {
            let new = NewEnvironment { slug, description, ..NewEnvironment::new(&name, kind) };
            changed(environments.create(&new).await)
        }
        Verb::Show { environment } => {
            let environment = named(environment).await?;
            let settings = environments.effective_settings(environment.id).await;
            let settings = settings.map_err(|error| open::refused(&error, "the settings", "env list"))?;
            output::fields(&described(&environment))?;
            output::line("")?;
            let mut rows: Vec<[String; 3]> = Vec::new();
            if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(&settings) {
                for (name, setting) in settings {
                    let member = |member: &str| setting.get(member).cloned().unwrap_or_default();
                    let source = member("source").as_str().unwrap_or_default().to_owned();
                    rows.push([name, member("value").to_string(), source]);
                }
            }
            output::table(["SETTING", "VALUE", "FROM"], &rows)
        }
        Verb::Activate { environment } => changed(environments.activate(named(environment).await?.id).await),
        Verb::Deactivate { environment } => changed(environments.deactivate(named(environment).await?.id).await),
        Verb::SetDefault { environment } => changed(environments.set_default(named(environment).await?.id).await),
    }
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn row(environment: &Environment) -> [String; 6] {
    [
        environment.slug.clone(),
        environment.kind.as_str().to_owned(),
        yes(environment.is_default.0),
        yes(environment.is_active),
        environment.name.clone(),
        environment.id.to_string(),
    ]
}

fn described(environment: &Environment) -> Vec<(&'static str, String)> {
    vec![
        ("id", environment.id.to_string()),
        ("slug", environment.slug.clone()),
        ("name", environment.name.clone()),
        ("type", environment.kind.as_str().to_owned()),
        ("default", yes(environment.is_default.0)),
        ("active", yes(environment.is_active)),
        ("description", environment.description.clone().unwrap_or_default()),
        ("created at", environment.created_at.to_string()),
    ]
}
