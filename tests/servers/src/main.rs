//! `authsome-test-servers`: runs a command with PostgreSQL and MongoDB around it, or keeps servers up between runs.

mod commands;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::state::State;

const EXAMPLES: &str = "Examples:
  authsome-test-servers run -- cargo test      servers for one command
  eval \"$(authsome-test-servers up)\"           servers that stay, and their variables for this shell
  authsome-test-servers status                 what is up
  authsome-test-servers down                   stop them and remove their data

Variables:
  AUTHSOME_TEST_POSTGRES_URL, AUTHSOME_TEST_MONGODB_URL
           set: that server is used and none is started
  AUTHSOME_TEST_BACKENDS
           names of memory, sqlite, postgres and mongodb with commas between them: servers of these alone";

#[derive(Parser)]
#[command(name = "authsome-test-servers", about = "Throw-away PostgreSQL and MongoDB servers for tests")]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    /// Folder with the record of servers that are up; default: test-servers beside the folder of this program
    #[arg(long, global = true, value_name = "FOLDER")]
    state: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a command with the variables of servers: those that are up, else its own, which end with it
    #[command(after_help = "Example:
  authsome-test-servers run -- sh -c 'psql \"$AUTHSOME_TEST_POSTGRES_URL\"'

The exit code is the command's; 128 and the signal's number where a signal ended it.")]
    Run {
        /// The command with its arguments
        #[arg(required = true, last = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Start servers that outlive this program, and print the variables of their URLs
    #[command(after_help = "Example:
  eval \"$(authsome-test-servers up)\"

Servers that are up already stay as they are; one that has crashed is started again with its data.")]
    Up,
    /// Stop the servers that are up, and remove their data
    #[command(after_help = "Example:
  authsome-test-servers down")]
    Down,
    /// Say what is up: URL, process, uptime and folder; exit code 0 where all is up that is wanted, else 3
    #[command(after_help = "Example:
  authsome-test-servers status || eval \"$(authsome-test-servers up)\"")]
    Status,
    /// Install the programs of the servers where they are missing, and start nothing
    #[command(after_help = "Example:
  AUTHSOME_TEST_BACKENDS=mongodb authsome-test-servers install")]
    Install,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = State::at(arguments.state).and_then(|state| match arguments.verb {
        Verb::Run { command } => commands::run(&state, &command),
        Verb::Up => commands::up(&state),
        Verb::Down => commands::down(&state),
        Verb::Status => commands::status(&state),
        Verb::Install => commands::install(),
    });
    outcome.unwrap_or_else(|error| {
        authsome_test_servers::say(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}
