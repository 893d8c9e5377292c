//! The verbs of the program.

mod run;
mod server;
pub(crate) mod state;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use authsome_test_servers::{BACKENDS_VARIABLE, Kind, Record, locate, say, wanted};

pub(crate) use run::run;
use server::{Server, side_by_side};
use state::{State, url};

/// Exit code of `status` where something is not up, as that of init scripts.
const NOT_UP: u8 = 3;

/// The kinds to start servers of. What is left out is said.
fn to_start() -> Result<Vec<Kind>> {
    let backends = std::env::var(BACKENDS_VARIABLE).ok();
    let wanted = wanted(backends.as_deref())?;
    let given = |kind: Kind| std::env::var_os(kind.variable()).is_some_and(|url| !url.is_empty());
    for kind in Kind::ALL {
        if !wanted.contains(&kind) {
            say(&format!("{}: not started, for {BACKENDS_VARIABLE} does not name it", kind.name()));
        } else if given(kind) {
            say(&format!("{}: not started, for {} names a server", kind.name(), kind.variable()));
        }
    }
    Ok(wanted.into_iter().filter(|kind| !given(*kind)).collect())
}

pub(crate) fn up(state: &State) -> Result<ExitCode> {
    let kinds = to_start()?;
    let _lock = state.lock()?;
    let mut records = state.read()?;
    let missing: Vec<Kind> = kinds.iter().copied().filter(|kind| records.url_of_living(*kind).is_none()).collect();
    let started = side_by_side(&missing, |kind| match records.of(kind) {
        Some(record) => again(kind, record),
        None => Server::start(kind),
    })?;
    for (kind, server) in started {
        records.set(kind, Some(server.leave()?));
        // At once, so that no server lives without a record where the next one fails.
        state.write(&records)?;
    }
    for kind in kinds {
        if let Some(record) = records.of(kind) {
            line(&format!("export {}='{}'", kind.variable(), url(kind, record)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts a server that has crashed with its data, and with none where those are gone.
fn again(kind: Kind, record: &Record) -> Result<Server> {
    say(&format!("{}: starting it again, for it has crashed", kind.name()));
    let resumed = Server::resume(kind, record);
    resumed.or_else(|error| {
        say(&format!("{}: starting with new data, for the old are of no use: {error:#}", kind.name()));
        record.stop()?;
        Server::start(kind)
    })
}

pub(crate) fn down(state: &State) -> Result<ExitCode> {
    let _lock = state.lock()?;
    let mut records = state.read()?;
    for kind in Kind::ALL {
        match records.of(kind) {
            Some(record) => {
                record.stop()?;
                records.set(kind, None);
                state.write(&records)?;
                line(&format!("{}: stopped", kind.name()))?;
            }
            None => line(&format!("{}: was not up", kind.name()))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn status(state: &State) -> Result<ExitCode> {
    let records = state.read()?;
    let mut all_up = true;
    for kind in to_start()? {
        let name = kind.name();
        match records.of(kind) {
            Some(record) if record.is_up() => line(&format!("{name}: up\n{}", described(kind, record)))?,
            Some(record) => {
                all_up = false;
                line(&format!("{name}: crashed, and its data are in {}", record.folder.display()))?;
            }
            None => {
                all_up = false;
                line(&format!("{name}: not up"))?;
            }
        }
    }
    Ok(if all_up { ExitCode::SUCCESS } else { ExitCode::from(NOT_UP) })
}

fn described(kind: Kind, record: &Record) -> String {
    let pids: Vec<String> = record.pids().iter().map(u32::to_string).collect();
    let uptime = record.uptime().unwrap_or_default().as_secs();
    let folder = record.folder.display();
    format!("  url     {}\n  pid     {}\n  uptime  {uptime} s\n  folder  {folder}", url(kind, record), pids.join(" "))
}

pub(crate) fn install() -> Result<ExitCode> {
    let found = side_by_side(&to_start()?, |kind| match kind {
        Kind::Postgres => locate::postgres(),
        Kind::Mongodb => locate::mongod(),
    })?;
    for (kind, path) in found {
        line(&format!("{}: {}", kind.name(), Path::display(&path)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(text: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("cannot write to standard output")
}
