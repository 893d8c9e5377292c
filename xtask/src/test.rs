//! `cargo xtask test`: every test there is.

use anyhow::Result;

use crate::shell;

/// What to run.
#[derive(clap::Args, Default)]
#[command(after_help = "Examples:
  cargo xtask test                     everything
  cargo xtask test sessions            tests whose name contains `sessions`
  cargo xtask test memory::            the conformance suite on the memory backend")]
pub(crate) struct Arguments {
    /// Part of the names of the tests to run
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if let Some(filter) = &arguments.filter {
        command.args(["--", filter]);
    }
    shell::run(&mut command)
}
