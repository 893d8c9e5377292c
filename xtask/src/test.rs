//! `cargo xtask test`: every test there is, with the servers that they need.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;

use crate::{matrix, programs, servers, shell};

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
AUTHSOME_TEST_POSTGRES_URL or AUTHSOME_TEST_MONGODB_URL is set, that server is used and none is started.

Without a part of a name, test programs run side by side, and what each printed is in target/test-logs.")]
pub(crate) struct Arguments {
    /// Backend to test, may be repeated; default: AUTHSOME_TEST_BACKENDS, else all
    #[arg(long = "backend", value_name = "NAME", value_parser = PossibleValuesParser::new(matrix::BACKENDS.map(|(name, _)| name)))]
    backends: Vec<String>,
    /// Write the support matrix of the README instead of holding it against what passed
    #[arg(long, conflicts_with_all = ["backends", "filter"])]
    write_matrix: bool,
    /// Run the test programs: what `cargo xtask test` starts beside the servers
    #[arg(long, hide = true)]
    beside_servers: bool,
    /// Part of the names of the tests to run
    filter: Option<String>,
}

/// The crate whose tests start servers of each kind.
const SERVERS: &str = "authsome-test-servers";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let backends =
        if arguments.backends.is_empty() { std::env::var(VARIABLE).ok() } else { Some(arguments.backends.join(",")) };
    let has_all_servers = backends.as_ref().is_none_or(|backends| {
        ["postgres", "mongodb"].iter().all(|name| backends.split(',').any(|backend| backend.trim() == *name))
    });
    if arguments.beside_servers {
        programs::run((!has_all_servers).then_some(SERVERS))?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_whole = backends.is_none() && arguments.filter.is_none();
    if arguments.write_matrix && !is_whole {
        bail!("the support matrix is made from a run of everything: unset {VARIABLE}");
    }
    let mut command = servers::program();
    command.args(["run", "--"]);
    if !has_all_servers {
        shell::say("xtask: the tests of the test servers themselves are left out, for they start servers of each kind");
    }
    if let Some(backends) = backends {
        command.env(VARIABLE, backends);
    }
    if let Some(folder) = shell::folder_in_memory() {
        command.env("TMPDIR", folder);
    }
    if let Some(filter) = &arguments.filter {
        command.arg(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["test", "--workspace", "--no-fail-fast"]);
        command.args(if has_all_servers { [].as_slice() } else { &["--exclude", SERVERS] });
        return shell::become_command(command.args(["--", filter]));
    }
    command.arg(std::env::current_exe().context("this program has no path")?).args(["test", "--beside-servers"]);
    if !is_whole {
        return shell::become_command(&mut command);
    }
    let folder = matrix::folder()?;
    shell::run(command.env(matrix::FOLDER_VARIABLE, &folder))?;
    matrix::conclude(&folder, arguments.write_matrix)?;
    Ok(ExitCode::SUCCESS)
}
