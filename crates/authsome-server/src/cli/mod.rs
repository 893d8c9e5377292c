//! The command line: one file for each command.

mod app;
mod doctor;
mod env;
mod isolation;
mod keygen;
mod migrate;
mod open;
mod output;
mod prompt;
mod serve;
mod user;

use clap::{Parser, Subcommand};

use crate::config::{Flags, ServeFlags};
use crate::failure::Failure;
use crate::plugins::Plugins;

/// The address in help texts, failures and doctor.
const EXAMPLES: &str = "Examples:
  authsome                                      serve on 127.0.0.1:8080 with SQLite in the data folder
  authsome serve --listen 0.0.0.0:8080          serve on every address
  authsome --database memory: serve             try it out; nothing is kept
  authsome doctor                               check configuration, folder, database, mail
  authsome user create --email a@example.com    add a user to the default environment
  authsome env list                             the app's environments

Each flag has a variable and a key of the same name in authsome.toml; a flag wins over a variable over the file.";

/// An authentication server on the database you already have.
#[derive(Debug, Parser)]
#[command(name = "authsome", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests over HTTP (the default)
    #[command(after_help = serve::EXAMPLES)]
    Serve(ServeFlags),
    /// Show, apply or take back migrations of the database
    Migrate(migrate::Arguments),
    /// Check configuration, data folder, database, environments, clock and mail
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Arguments),
    /// Print a new master key
    #[command(after_help = keygen::EXAMPLES)]
    Keygen,
    /// List, make, change or delete apps
    App(app::Arguments),
    /// List, make, change, compare, export, promote or delete environments
    Env(env::Arguments),
    /// List, make, show, ban or delete users, and set passwords
    User(user::Arguments),
}

/// Runs the command.
pub(crate) async fn run(cli: Cli, plugins: Plugins) -> Result<(), Failure> {
    let flags = &cli.flags;
    match cli.command.unwrap_or_else(|| Command::Serve(ServeFlags::default())) {
        Command::Serve(serve) => serve::run(flags, &serve, plugins).await,
        Command::Migrate(arguments) => migrate::run(flags, arguments, &plugins).await,
        Command::Doctor(arguments) => doctor::run(flags, &arguments, &plugins).await,
        Command::Keygen => keygen::run(),
        Command::App(arguments) => app::run(flags, arguments, plugins).await,
        Command::Env(arguments) => env::run(flags, arguments, plugins).await,
        Command::User(arguments) => user::run(flags, arguments, plugins).await,
    }
}
