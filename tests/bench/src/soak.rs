//! The checks that take long, each of which says what it did.

mod deletion;
mod engine_races;
mod fuzz;
mod kills;
mod pages;
mod plans;
mod races;

use std::fmt;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::stopwatch::Stopwatch;
use crate::{chosen, print, say};

/// What to check.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask soak --quick                          every check, small
  cargo xtask soak --only kills --backend postgres  kills of PostgreSQL and of the server on it")]
pub(crate) struct Arguments {
    /// Name of a backend; may be given several times. Default: all
    #[arg(long)]
    backend: Vec<String>,
    /// A check; may be given several times. Default: all
    #[arg(long, value_enum)]
    only: Vec<Check>,
    /// Less of everything: to see that the checks work, not that the laws hold
    #[arg(long)]
    quick: bool,
    /// How many users the population has: of the check of pages 1,000,000 by default, of that of deletion 250,000, of
    /// which 200,000 are deleted; of each 20,000 where quick
    #[arg(long)]
    users: Option<u32>,
    /// What the population and the inputs of the fuzzer are made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seconds each flood lasts, and the sign-ins before a deletion. Default: 120, or 15 where quick
    #[arg(long)]
    seconds: Option<u64>,
    /// How many requests the fuzzer makes. Default: 100,000, or 2,000 where quick
    #[arg(long)]
    requests: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Check {
    /// Fifty callers at once, twenty times in a row
    Races,
    /// The last page of a list costs what the first does, and look-ups use indexes, in a large population
    Pages,
    /// kill -9 of the database and of the server in the middle of a flood
    Kills,
    /// Hostile requests over HTTP
    Fuzz,
    /// An environment is deleted while another serves sign-ins, and with kill -9 of the server meanwhile
    Deletion,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let mut failures = 0;
    for backend in chosen(&arguments.backend) {
        for check in Check::value_variants() {
            if !arguments.only.is_empty() && !arguments.only.contains(check) {
                continue;
            }
            say(&format!("== {check} on {backend}"));
            let watch = Stopwatch::start();
            let outcome = match check {
                Check::Races => races::run(&backend, if arguments.quick { 2 } else { 20 }).await,
                Check::Pages => {
                    let users = arguments.users.unwrap_or(if arguments.quick { 20_000 } else { 1_000_000 });
                    pages::run(&backend, users, arguments.seed).await
                }
                Check::Kills => {
                    kills::run(&backend, arguments.seconds.unwrap_or(if arguments.quick { 15 } else { 120 })).await
                }
                Check::Deletion => {
                    let size = deletion::Size {
                        users: arguments.users.unwrap_or(if arguments.quick { 20_000 } else { 250_000 }),
                        seed: arguments.seed,
                        seconds: arguments.seconds.unwrap_or(if arguments.quick { 15 } else { 120 }),
                        judged: !arguments.quick,
                    };
                    deletion::run(&backend, size).await
                }
                Check::Fuzz => {
                    let requests = arguments.requests.unwrap_or(if arguments.quick { 2_000 } else { 100_000 });
                    fuzz::run(&backend, requests, arguments.seed).await
                }
            };
            let seconds = watch.elapsed().as_secs_f64();
            match outcome {
                Ok(figures) => print(&format!("ok   {check} on {backend} ({seconds:.0} s): {figures}")),
                Err(error) => {
                    failures += 1;
                    print(&format!("FAIL {check} on {backend} ({seconds:.0} s): {error:#}"));
                }
            }
        }
    }
    if failures > 0 {
        bail!("{failures} checks failed");
    }
    Ok(())
}
