//! `cargo xtask fixture`: the upgrade fixture of this version.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::{servers, shell};

/// Whether to make it again.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask fixture                  tests/fixtures/<version of Cargo.toml>, from a populated database of each backend
  cargo xtask fixture --force          again, while that version is not released")]
pub(crate) struct Arguments {
    /// Overwrite it where it is there; a fixture that was released never changes
    #[arg(long)]
    force: bool,
}

/// Runs the program that makes it, with servers around it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut words: Vec<OsString> = vec!["run".into(), "--".into(), cargo];
    words
        .extend(["run", "--quiet", "--package", "authsome-tests", "--bin", "make_upgrade_fixture"].map(OsString::from));
    if arguments.force {
        words.extend(["--".into(), "--force".into()]);
    }
    shell::become_command(servers::program().args(words))
}
