//! `cargo xtask leaks`: the suites of isolation see a leak of each verb.
//!
//! They are built once more with `--cfg authsome_leak`, by which core drops the environment's predicate from the requests
//! of the verb that `AUTHSOME_LEAK` names, and run on the store in memory: without a leak all cases must pass, with each
//! some must fail. Only the workspace's own crates are built anew, by this program in the place of their compiler;
//! libraries are shared with all other builds.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{self, say};

/// The flag of the build that leaks.
const FLAG: [&str; 2] = ["--cfg", "authsome_leak"];
/// Set where this program stands in the place of the compiler.
const COMPILER_VARIABLE: &str = "AUTHSOME_XTASK_LEAKING_COMPILER";
/// The variable that names the verb that leaks.
const LEAK_VARIABLE: &str = "AUTHSOME_LEAK";

const VERBS: [&str; 7] = ["find", "count", "insert", "update", "upsert", "delete", "touch"];

/// A suite: its title, its test program, and what narrows it to the laws of isolation.
struct Suite {
    title: &'static str,
    program: &'static str,
    filter: &'static str,
    /// Verbs whose leak it does not show, each with the reason.
    blind: &'static [(&'static str, &'static str)],
}

const SUITES: [Suite; 2] = [
    Suite { title: "store", program: "conformance", filter: "its_own_scope_alone", blind: &[] },
    Suite { title: "HTTP", program: "isolation", filter: "memory::", blind: BLIND_OVER_HTTP },
];

/// Where two predicates stand, HTTP shows nothing when one of them goes.
const BLIND_OVER_HTTP: &[(&str, &str)] = &[
    ("count", "what routes count belongs to a row found in its environment, or to a bound out of a suite's reach"),
    ("insert", "each row that a route makes has the scope that the request acts in"),
    ("upsert", "each row that a route makes has the scope that the request acts in"),
    ("update", "each row that a route changes was found in its environment before, and is changed by its id"),
];

/// Cases that passed, and cases that failed.
type Outcome = (u32, u32);

pub(crate) fn run() -> Result<()> {
    let mut complaints = Vec::new();
    let built: Vec<(&Suite, PathBuf)> = SUITES.iter().map(|suite| Ok((suite, build(suite)?))).collect::<Result<_>>()?;
    say("leak     store passed  failed  HTTP passed  failed");
    for verb in [None].into_iter().chain(VERBS.map(Some)) {
        let mut line = format!("{:<8}", verb.unwrap_or("none"));
        for (suite, program) in &built {
            let (passed, failed) = outcome(suite, program, verb)?;
            line.push_str(&format!(" {passed:>12} {failed:>7}"));
            complaints.extend(complaint(suite, verb, (passed, failed)));
        }
        say(&line);
    }
    for (suite, (verb, reason)) in SUITES.iter().flat_map(|suite| suite.blind.iter().map(move |blind| (suite, blind))) {
        say(&format!("{} does not show a leak of {verb}: {reason}", suite.title));
    }
    if complaints.is_empty() { Ok(()) } else { bail!("{}", complaints.join("; ")) }
}

/// What is wrong with an outcome.
fn complaint(suite: &Suite, verb: Option<&str>, (passed, failed): Outcome) -> Option<String> {
    let title = suite.title;
    match verb {
        _ if passed + failed == 0 => Some(format!("nothing of {title} was run")),
        None => (failed > 0).then(|| format!("{failed} cases of {title} fail without a leak")),
        Some(verb) => {
            let is_blind = suite.blind.iter().any(|(blind, _)| *blind == verb);
            match (is_blind, failed) {
                (false, 0) => Some(format!("{title} does not see a leak of {verb}")),
                (true, 1..) => Some(format!("{title} sees a leak of {verb}: take it off the list of what it does not")),
                _ => None,
            }
        }
    }
}

/// Builds the test program of a suite, with this program as its compiler, and says where it is.
fn build(suite: &Suite) -> Result<PathBuf> {
    let mut command = shell::cargo();
    let this = std::env::current_exe().context("this program has no path")?;
    command.env("RUSTC_WORKSPACE_WRAPPER", this).env(COMPILER_VARIABLE, "1");
    command.args(["test", "--package", "authsome-tests", "--test", suite.program, "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    let messages = shell::output(&mut command)?;
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = messages.find_map(|message| {
        let is_suite = message.pointer("/target/name").and_then(Value::as_str) == Some(suite.program);
        message.get("executable").and_then(Value::as_str).filter(|_| is_suite).map(PathBuf::from)
    });
    program.with_context(|| format!("cargo does not say where it built {}", suite.program))
}

fn outcome(suite: &Suite, program: &Path, verb: Option<&str>) -> Result<Outcome> {
    let mut command = Command::new(program);
    command.current_dir(shell::root().join("tests")).env("AUTHSOME_TEST_BACKENDS", "memory");
    match verb {
        Some(verb) => command.env(LEAK_VARIABLE, verb),
        None => command.env_remove(LEAK_VARIABLE),
    };
    let output = command.arg(suite.filter).output().context("cannot run a suite")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let counted = text.lines().rev().find_map(counted);
    counted.with_context(|| format!("{} did not end: {}", suite.title, String::from_utf8_lossy(&output.stderr)))
}

/// The counts of `test result: FAILED. 3 passed; 1 failed; …`.
fn counted(line: &str) -> Option<Outcome> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some((count("passed")?, count("failed")?))
}

/// Compiles, where that is what this program was started for.
pub(crate) fn compile() -> Option<Result<ExitCode>> {
    std::env::var_os(COMPILER_VARIABLE)?;
    let mut words = std::env::args_os().skip(1);
    let compiler = words.next()?;
    Some(shell::become_command(Command::new(compiler).args(words).args(FLAG)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_test_program_are_read() {
        let line =
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 1857 filtered out; finished in 0.40s";
        assert_eq!(counted(line), Some((3, 1)));
        assert_eq!(counted("running 4 tests"), None);
    }

    #[test]
    fn a_leak_that_is_not_seen_and_a_failure_without_one_are_complaints() {
        let suite = Suite { title: "x", program: "x", filter: "", blind: &[("touch", "a reason")] };
        assert!(complaint(&suite, None, (3, 0)).is_none() && complaint(&suite, None, (3, 1)).is_some());
        assert!(complaint(&suite, Some("find"), (3, 1)).is_none() && complaint(&suite, Some("find"), (4, 0)).is_some());
        assert!(
            complaint(&suite, Some("touch"), (4, 0)).is_none() && complaint(&suite, Some("touch"), (3, 1)).is_some()
        );
        assert!(complaint(&suite, None, (0, 0)).is_some());
    }
}
