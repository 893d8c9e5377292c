//! `cargo xtask bench` and `cargo xtask soak`: measurements and long checks, with the servers that they need.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use anyhow::Result;

use crate::{servers, shell};

/// What to run.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Profile to build with, before all other arguments; default: release
    #[arg(long)]
    profile: Option<String>,
    /// Arguments of the program; `--help` shows them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// Runs the program, with the name of a task before the words where they are those of one task alone.
pub(crate) fn run(task: Option<&str>, arguments: &Arguments) -> Result<ExitCode> {
    let profile = arguments.profile.as_deref().unwrap_or("release");
    // The program starts the server that is built beside it.
    let server = ["build", "--package", "authsome-tests", "--bin", "authsome_under_test", "--profile", profile];
    shell::run(shell::cargo().args(server))?;
    let program = ["run", "--quiet", "--package", "authsome-bench", "--profile", profile, "--"];
    let words: Vec<&OsStr> =
        task.map(OsStr::new).into_iter().chain(arguments.words.iter().map(|word| &**word)).collect();
    if words.iter().any(|word| *word == "--database" || *word == "--help") {
        return shell::become_command(shell::cargo().args(program).args(words));
    }
    let named = |pair: &[&OsStr]| match pair {
        [flag, name] if *flag == "--backend" => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    let backends: Vec<String> = words.windows(2).filter_map(named).collect();
    let mut command = servers::program();
    if !backends.is_empty() {
        command.env("AUTHSOME_TEST_BACKENDS", backends.join(","));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    shell::become_command(command.args(["run", "--"]).arg(cargo).args(program).args(words))
}
