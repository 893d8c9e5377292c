//! `cargo xtask ci`: everything that must hold before a change lands, beside the tests.
//!
//! All parts share one target folder and one set of compiler flags, so that what clippy checked serves the documentation
//! and the feature matrix, and nothing is built twice.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::shell::{self, cargo, say};
use crate::tidy;

type Part = (&'static str, fn() -> Result<()>);

/// Cheap ones first: what fails, fails early.
const PARTS: &[Part] = &[
    ("format", format),
    ("tidy", tidy::run),
    ("dependencies", dependencies),
    ("clippy", clippy),
    ("documentation", documentation),
    ("features", features),
];

pub(crate) fn run() -> Result<()> {
    let mut taken: Vec<(&str, Duration)> = Vec::new();
    let mut failed = None;
    for (name, part) in PARTS {
        say(&format!("\n== {name}"));
        let start = shell::now();
        let outcome = part();
        taken.push((name, start.elapsed()));
        if let Err(error) = outcome {
            failed = Some((name, error));
            break;
        }
    }
    say("\n== durations");
    for (name, duration) in taken {
        say(&format!("{:>6.0} s  {name}", duration.as_secs_f64()));
    }
    match failed {
        Some((name, error)) => Err(error.context((*name).to_owned())),
        None => Ok(()),
    }
}

fn format() -> Result<()> {
    shell::run(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    shell::run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn documentation() -> Result<()> {
    shell::run(cargo().env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps"]))
}

/// Each crate by itself, with each of its features by itself, without and with its default ones.
fn features() -> Result<()> {
    let alone = ["hack", "check", "--each-feature", "--workspace", "--exclude", "xtask", "--exclude", "authsome-tests"];
    shell::run(cargo().args(alone))
}

/// Licences, sources, banned crates; and what the layers promise about what they pull in.
fn dependencies() -> Result<()> {
    shell::run(cargo().args(["deny", "--locked", "check", "bans", "licenses", "sources"]))?;
    lacks(&["-p", "authsome-core"], &["axum", "hyper", "sqlx-core", "sea-orm", "mongodb"])?;
    let memory_only = ["-p", "authsome", "--no-default-features", "--features", "memory,password,http"];
    lacks(&memory_only, &["libsqlite3-sys", "sqlx-core", "sea-orm", "mongodb", "cc", "rustls"])?;
    let sqlite_only = ["-p", "authsome", "--no-default-features", "--features", "sqlite,password,http"];
    lacks(&sqlite_only, &["sqlx-postgres", "mongodb", "rustls"])
}

/// Fails where a build with these arguments pulls in one of the crates.
fn lacks(arguments: &[&str], banned: &[&str]) -> Result<()> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]).args(arguments);
    let printed = shell::output(&mut tree)?;
    let present = |name: &str| printed.lines().any(|line| line.split(' ').next() == Some(name));
    if let Some(name) = banned.iter().find(|name| present(name)) {
        bail!("`cargo tree {}` contains {name}, which that build does without", arguments.join(" "));
    }
    Ok(())
}
