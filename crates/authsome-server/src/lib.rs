//! The authsome program: configuration, command line, server.
//!
//! What lives here: the configuration (`config`), the data folder (`data_dir`), the master key (`master_key`), the
//! parts of the program (`assembly`, `plugins`), and its commands (`cli`). What never does: a rule about accounts, or a
//! route.
//!
//! [`main_with`] is the program with plugins of one's own: its server, its migrations and its whole command line know
//! them.
//!
//! Whatever ends the program is a `Failure`: one line that says what is wrong and what to do about it.
//!
//! To add a command, add a file to `cli/` and a line to its list. To add a setting, add it to `config::raw`, to its
//! variables or flags, and to the README's table.

mod assembly;
mod cli;
mod config;
mod data_dir;
mod failure;
mod log;
mod master_key;
mod plugins;
mod serve;

use std::process::ExitCode;

use authsome::core::plugin::Plugin;
use clap::Parser;

use failure::Failure;
use plugins::Plugins;

/// The program `authsome`, with more plugins than the one for passwords, which it always has.
///
/// # Examples
/// ```no_run
/// use authsome::core::error::Error;
/// use authsome::core::plugin::{Capabilities, Host, Plugin};
///
/// struct Greeting;
///
/// impl Plugin for Greeting {
///     fn name(&self) -> &'static str {
///         "greeting"
///     }
///
///     fn install(&self, _: Host) -> Result<Capabilities, Error> {
///         Ok(Capabilities::default())
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     authsome_server::main_with(|| vec![Box::new(Greeting)])
/// }
/// ```
#[must_use]
pub fn main_with(plugins: impl FnOnce() -> Vec<Box<dyn Plugin>>) -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // The terminal may be gone: then nobody can be told.
            let _ = error.print();
            // 2 says that a check found something.
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return ended(&Failure::run(format!("cannot start threads: {error}"), "raise the limit of threads"));
        }
    };
    match runtime.block_on(cli::run(cli, Plugins::with(plugins()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ended(&failure),
    }
}

#[expect(clippy::print_stderr, reason = "the one line that says why the program ends")]
fn ended(failure: &Failure) -> ExitCode {
    eprintln!("authsome: {failure}");
    ExitCode::from(failure.exit())
}
