//! Authsome's measurements and long checks.
//!
//! What lives here: a made-up population, what the stores cost beside the bare drivers below them, and the checks that
//! take too long for the tests. What never does: a law that a test holds in a second; that is in the suites.

mod bare;
mod figures;
mod population;
mod seed;
mod soak;
mod stopwatch;
mod store_costs;
mod target;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::population::Population;
use crate::target::{BACKENDS, Target};

#[derive(Parser)]
#[command(name = "authsome-bench", about = "Authsome's measurements and long checks", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write a made-up population into a database; run again, it writes what is missing
    Seed(SeedArguments),
    /// Measure what the stores cost beside the bare drivers below them
    Store(store_costs::Arguments),
    /// Run the checks that take long; fails where one of them does
    Soak(soak::Arguments),
}

#[derive(clap::Args)]
struct SeedArguments {
    /// URL of the database, which may hold a part of the population already
    #[arg(long)]
    database: String,
    /// How many users, rounded up to blocks of 100
    #[arg(long, default_value_t = 1_000_000)]
    users: u32,
    /// What the population is made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Seed(arguments) => write_population(&arguments).await,
        Task::Store(arguments) => store_costs::run(&arguments).await,
        Task::Soak(arguments) => soak::run(&arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("authsome-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn write_population(arguments: &SeedArguments) -> Result<()> {
    let population = Population::new(arguments.seed, arguments.users)?;
    let target = Target::at(&arguments.database).await?;
    target.seed(population).await?;
    Ok(target.store.close().await?)
}

/// The backends that are named, or all.
fn chosen(named: &[String]) -> Vec<String> {
    if named.is_empty() { BACKENDS.map(str::to_owned).to_vec() } else { named.to_vec() }
}

/// Says something to the person who runs this.
#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// Prints a line of the result.
#[expect(clippy::print_stdout, reason = "a result is what a task prints")]
fn print(line: &str) {
    println!("{line}");
}
