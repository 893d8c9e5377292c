//! The project's own tasks, as `cargo xtask <task>`.
//!
//! What lives here: one small file a task. What never does: anything that the program or a library needs.

mod ci;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own tasks", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test: unit, documentation, conformance on each backend, end to end
    Test(test::Arguments),
    /// Hold the sources against the rules that neither the compiler nor clippy knows
    Tidy,
    /// Run what continuous integration runs, and say how long each part took
    Ci,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test(arguments) => test::run(&arguments),
        Task::Tidy => tidy::run(),
        Task::Ci => ci::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
