//! `cargo xtask servers`: PostgreSQL and MongoDB that stay up between runs of tests.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::shell;

/// What to do with them.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  eval \"$(cargo xtask servers up)\"     start them, and set their variables in this shell
  cargo xtask servers status           what is up, and where; exit code 3 where something is not
  cargo xtask servers down             stop them and remove their data

AUTHSOME_TEST_BACKENDS narrows what is started. Where AUTHSOME_TEST_POSTGRES_URL or AUTHSOME_TEST_MONGODB_URL is set, that
server is used and none is started.")]
pub(crate) struct Arguments {
    /// What to do
    verb: Verb,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Verb {
    /// Start those that are not up, and print the variables of their URLs
    Up,
    /// Stop them and remove their data
    Down,
    /// Say what is up: URL, process, uptime, folder
    Status,
    /// Install the programs of servers that are missing, and start nothing
    Install,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let verb = match arguments.verb {
        Verb::Up => "up",
        Verb::Down => "down",
        Verb::Status => "status",
        Verb::Install => "install",
    };
    shell::become_command(program().arg(verb))
}

/// The program that starts and stops servers, a crate of its own so that these tasks stay quick to build.
pub(crate) fn program() -> Command {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--package", "authsome-test-servers", "--"]);
    command
}
