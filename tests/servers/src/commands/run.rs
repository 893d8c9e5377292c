//! `run`: a command with servers around it.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use anyhow::{Context, Result};
use authsome_test_servers::Kind;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::server::{Server, side_by_side};
use super::state::State;
use super::to_start;

pub(crate) fn run(state: &State, words: &[OsString]) -> Result<ExitCode> {
    let records = state.read()?;
    let (up, missing): (Vec<Kind>, Vec<Kind>) =
        to_start()?.into_iter().partition(|kind| records.url_of_living(*kind).is_some());
    let own = side_by_side(&missing, Server::start)?;

    let (program, arguments) = words.split_first().context("a command has a first word")?;
    let mut command = Command::new(program);
    command.args(arguments);
    for kind in up {
        command.envs(records.url_of_living(kind).map(|url| (kind.variable(), url)));
    }
    command.envs(own.iter().map(|(kind, server)| (kind.variable(), server.url())));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot wait")?;
    let status = runtime.block_on(carry_out(command)).with_context(|| format!("cannot run {}", program.display()));
    drop(own);
    Ok(ExitCode::from(code(status?)))
}

/// Waits for a command to its end, and hands on the signals that ask for it.
async fn carry_out(mut command: Command) -> Result<ExitStatus> {
    // At a terminal the command stays in this group: it may read what is typed, and Ctrl-C reaches it by itself.
    let at_terminal = std::io::stdin().is_terminal();
    if !at_terminal {
        command.process_group(0);
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut child = command.spawn()?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let hand_on = |signal: Signal| {
        // Where the command is gone already, nobody needs the signal.
        let _ = match pid {
            Some(pid) if at_terminal => kill_process(pid, signal),
            Some(pid) => kill_process_group(pid, signal),
            None => Ok(()),
        };
    };
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = interrupt.recv() => if !at_terminal { hand_on(Signal::INT) },
            _ = terminate.recv() => hand_on(Signal::TERM),
        }
    }
}

/// The exit code that a shell would give.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| signal.saturating_add(128)));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
