//! `cargo xtask test`: every test there is, with the servers that they need.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;

use crate::{matrix, servers, shell};

/// What narrows the backends, here and in the suites.
const VARIABLE: &str = "AUTHSOME_TEST_BACKENDS";

/// What to run.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask test                     everything, on every backend
  cargo xtask test --write-matrix      everything, and the support matrix in the README from what passed
  cargo xtask test sessions            tests whose name contains `sessions`
  cargo xtask test --backend memory --backend sqlite
                                       without PostgreSQL and MongoDB
  cargo xtask test --backend postgres postgres::
                                       the suites on PostgreSQL alone

Servers that `cargo xtask servers up` started are used; without them this starts its own and stops them at the end. Where
AUTHSOME_TEST_POSTGRES_URL or AUTHSOME_TEST_MONGODB_URL is set, that server is used and none is started.")]
pub(crate) struct Arguments {
    /// Backend to test, may be repeated; default: AUTHSOME_TEST_BACKENDS, else all
    #[arg(long = "backend", value_name = "NAME", value_parser = PossibleValuesParser::new(matrix::BACKENDS.map(|(name, _)| name)))]
    backends: Vec<String>,
    /// Write the support matrix of the README instead of holding it against what passed
    #[arg(long, conflicts_with_all = ["backends", "filter"])]
    write_matrix: bool,
    /// Part of the names of the tests to run
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = servers::program();
    let backends =
        if arguments.backends.is_empty() { std::env::var(VARIABLE).ok() } else { Some(arguments.backends.join(",")) };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let is_whole = backends.is_none() && arguments.filter.is_none();
    if arguments.write_matrix && !is_whole {
        bail!("the support matrix is made from a run of everything: unset {VARIABLE}");
    }
    let mut words: Vec<OsString> = vec!["run".into(), "--".into(), cargo];
    words.extend(["test", "--workspace", "--no-fail-fast"].map(OsString::from));
    if let Some(backends) = backends {
        if !["postgres", "mongodb"].iter().all(|name| backends.split(',').any(|backend| backend.trim() == *name)) {
            shell::say(
                "xtask: the tests of the test servers themselves are left out, for they start servers of each kind",
            );
            words.extend(["--exclude", "authsome-test-servers"].map(OsString::from));
        }
        command.env(VARIABLE, backends);
    }
    if let Some(filter) = &arguments.filter {
        words.extend(["--".into(), filter.into()]);
    }
    command.args(words);
    if !is_whole {
        return shell::become_command(&mut command);
    }
    let folder = matrix::folder()?;
    shell::run(command.env(matrix::FOLDER_VARIABLE, &folder))?;
    matrix::conclude(&folder, arguments.write_matrix)?;
    Ok(ExitCode::SUCCESS)
}
