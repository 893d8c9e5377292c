//! The project's own tasks, as `cargo xtask <task>`.
//!
//! What lives here: one small file a task. What never does: anything that the program or a library needs.

mod bench;
mod ci;
mod fixture;
mod leaks;
mod matrix;
mod migrate;
mod programs;
mod servers;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
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
    /// Start, stop or show the PostgreSQL and MongoDB servers that tests use
    Servers(servers::Arguments),
    /// Plan, apply, take back, show or verify migrations, as `authsome migrate` does
    Migrate(migrate::Arguments),
    /// Write a made-up population, or measure what the stores cost beside bare drivers
    Bench(bench::Arguments),
    /// Run the checks that take long: races, pages of a large population, kills, hostile requests
    Soak(bench::Arguments),
    /// Make the upgrade fixture of this version: a populated database of each backend, which later ones must migrate
    Fixture(fixture::Arguments),
    /// Prove that the suites of isolation see a leak: take the environment out of each verb in turn
    Leaks,
    /// Hold the sources against the rules that neither the compiler nor clippy knows
    Tidy,
    /// Run what continuous integration runs, and say how long each part took
    Ci,
}

fn main() -> ExitCode {
    match leaks::compile() {
        Some(compiled) => end(compiled),
        None => end(perform(Arguments::parse().task)),
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    match task {
        Task::Test(arguments) => test::run(&arguments),
        Task::Servers(arguments) => servers::run(&arguments),
        Task::Migrate(arguments) => migrate::run(&arguments),
        Task::Bench(arguments) => bench::run(None, &arguments),
        Task::Soak(arguments) => bench::run(Some("soak"), &arguments),
        Task::Fixture(arguments) => fixture::run(&arguments),
        Task::Leaks => leaks::run().map(|()| ExitCode::SUCCESS),
        Task::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
        Task::Ci => ci::run().map(|()| ExitCode::SUCCESS),
    }
}

fn end(outcome: Result<ExitCode>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) => {
            shell::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
