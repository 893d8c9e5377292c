//! `cargo xtask bench` and `cargo xtask soak`: measurements and long checks, with the servers that they need.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::{servers, shell};

/// The program that measures and checks.
const PROGRAM: &str = "authsome-bench";
/// The server that it starts.
const SERVER: &str = "authsome_under_test";

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
    // One call for both, which so share their dependencies; the program starts the server that is built beside it.
    let programs = ["--package", "authsome-bench", "--package", "authsome-tests", "--bin", PROGRAM, "--bin", SERVER];
    shell::run(shell::cargo().args(["build", "--profile", profile]).args(programs))?;
    let program = target_directory()?.join(if profile == "dev" { "debug" } else { profile }).join(PROGRAM);
    let words: Vec<&OsStr> =
        task.map(OsStr::new).into_iter().chain(arguments.words.iter().map(|word| &**word)).collect();
    if words.iter().any(|word| *word == "--database" || *word == "--help") {
        return shell::become_command(Command::new(program).args(words));
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
    shell::become_command(command.args(["run", "--"]).arg(program).args(words))
}

/// Where cargo builds.
fn target_directory() -> Result<PathBuf> {
    let described = shell::output(shell::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let described: serde_json::Value = serde_json::from_str(&described).context("cargo metadata prints no JSON")?;
    let folder = described.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(folder.context("cargo metadata names no target directory")?.into())
}
