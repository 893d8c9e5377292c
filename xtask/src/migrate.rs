//! `cargo xtask migrate`: the migrations of core and of every plugin that the server is built with.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::shell;

/// What to do.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Everything that `authsome migrate` takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// Hands everything, `--help` too, to the server's own command: what it would do to a database is what this does.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--package", "authsome-server", "--", "migrate"]).args(&arguments.arguments);
    shell::become_command(&mut command)
}
