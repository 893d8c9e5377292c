//! The test programs of the workspace, run side by side: while one waits for a server or a clock, another computes.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{self, say};

/// Those that take longest, by the ends of their titles, which are begun first.
const LONGEST: &[&str] = &[
    "tests/isolation",
    "tests/conformance",
    "documentation",
    "compile_fail",
    "example-backend/conformance",
    "mongo",
    "tests/outages",
];

/// How many of the slowest are named at the end.
const NAMED: usize = 10;

/// What is run: its title, which is a name for a file too but for its slashes, and the command.
struct Program {
    title: String,
    command: Command,
}

/// What became of a program.
struct Outcome {
    title: String,
    took: Duration,
    passed: bool,
}

/// Builds and runs every test program and the tests in the documentation. `exclude` names a package that is left out.
pub(crate) fn run(exclude: Option<&str>) -> Result<()> {
    let exclude = exclude.map_or_else(Vec::new, |package| vec!["--exclude", package]);
    let mut programs = build(&exclude)?;
    let mut documentation = shell::cargo();
    documentation.args(["test", "--workspace", "--doc", "--no-fail-fast"]).args(&exclude);
    programs.push(Program { title: "documentation".to_owned(), command: documentation });
    let rank = |program: &Program| LONGEST.iter().position(|end| program.title.ends_with(end)).unwrap_or(LONGEST.len());
    programs.sort_by_key(rank);

    let logs = shell::root().join("target/test-logs");
    std::fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let waiting = Mutex::new(VecDeque::from(programs));
    let work = || {
        let mut outcomes = Vec::new();
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(program) = next else { return Ok(outcomes) };
            outcomes.push(carry_out(program, &logs)?);
        }
    };
    let outcomes: Result<Vec<Vec<Outcome>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..=cores).map(|_| scope.spawn(work)).collect();
        let outcome = |worker: thread::ScopedJoinHandle<'_, Result<Vec<Outcome>>>| {
            worker.join().unwrap_or_else(|_| bail!("a program was not run to its end"))
        };
        workers.into_iter().map(outcome).collect()
    });
    conclude(outcomes?.into_iter().flatten().collect())
}

fn build(exclude: &[&str]) -> Result<Vec<Program>> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"]).args(exclude);
    let messages = shell::output(command.stderr(Stdio::inherit()))?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(|message| program(&message)).collect())
}

/// The program that a message of cargo says was built, where it is one of tests.
fn program(message: &Value) -> Option<Program> {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    if message.pointer("/profile/test") != Some(&Value::Bool(true)) {
        return None;
    }
    let folder = Path::new(text("/manifest_path")?).parent()?;
    let mut command = Command::new(text("/executable")?);
    // As `cargo test` runs it.
    command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env_remove("CARGO_PKG_NAME");
    let place = folder.strip_prefix(shell::root()).unwrap_or(folder);
    Some(Program { title: format!("{}/{}", place.display(), text("/target/name")?), command })
}

/// Runs a program, and shows all that it said where it failed.
fn carry_out(mut program: Program, logs: &Path) -> Result<Outcome> {
    let title = program.title;
    let path: PathBuf = logs.join(format!("{}.log", title.replace('/', "-")));
    let log = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let errors = log.try_clone().with_context(|| format!("cannot write {}", path.display()))?;
    let start = shell::now();
    let status = program.command.stdin(Stdio::null()).stdout(log).stderr(errors).status();
    let passed = status.with_context(|| format!("cannot run {title}"))?.success();
    let took = start.elapsed();
    let said = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
    if !passed {
        say(&said);
    }
    let results = said.lines().filter_map(|line| line.strip_prefix("test result: "));
    let results: Vec<&str> = results.filter(|result| !result.contains(". 0 passed; 0 failed; 0 ignored")).collect();
    if !results.is_empty() || !passed {
        say(&format!("{:>6.1} s  {title}: {}", took.as_secs_f64(), results.join("\n          ")));
    }
    Ok(Outcome { title, took, passed })
}

/// Names the slowest, and those that failed.
fn conclude(mut outcomes: Vec<Outcome>) -> Result<()> {
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.took));
    say(&format!("\n== slowest of {} test programs", outcomes.len()));
    for outcome in outcomes.iter().take(NAMED) {
        say(&format!("{:>6.0} s  {}", outcome.took.as_secs_f64(), outcome.title));
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.title.as_str());
    let failed: Vec<&str> = failed.collect();
    if failed.is_empty() { Ok(()) } else { bail!("tests failed: {}", failed.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn test_programs_are_told_from_what_else_is_built() {
        let message = |test: bool, executable: Value| {
            let manifest = shell::root().join("tests/Cargo.toml");
            json!({
                "manifest_path": manifest, "executable": executable, "target": {"name": "account"},
                "profile": {"test": test},
            })
        };
        let title = |message: &Value| program(message).map(|program| program.title);
        assert_eq!(title(&message(true, json!("/account-1"))).as_deref(), Some("tests/account"));
        assert_eq!(title(&message(false, json!("/account-1"))), None);
        assert_eq!(title(&message(true, Value::Null)), None);
    }

    #[test]
    fn a_program_that_failed_is_named() {
        let outcome = |title: &str, passed| Outcome { title: title.to_owned(), took: Duration::ZERO, passed };
        assert!(conclude(vec![outcome("a", true)]).is_ok());
        let error = conclude(vec![outcome("a", true), outcome("b", false)]).unwrap_err();
        assert_eq!(error.to_string(), "tests failed: b");
    }
}
