//! Running programs, and saying what happens.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Prints a line on standard error.
#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo itself: the one that runs this task, at the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command whose output goes where this program's goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    say(&format!("$ {line}"));
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Puts a command in the place of this program, so that signals reach it and its exit code is this program's.
#[cfg(unix)]
pub(crate) fn become_command(command: &mut Command) -> Result<ExitCode> {
    let line = shown(command);
    let error = std::os::unix::process::CommandExt::exec(command);
    Err(error).with_context(|| format!("cannot run `{line}`"))
}

/// Runs a command, whose exit code is this program's.
#[cfg(not(unix))]
pub(crate) fn become_command(command: &mut Command) -> Result<ExitCode> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)))
}

/// Runs a command and gives what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("cannot run `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print text"))
}

/// What time it is, to measure how long a task takes.
#[expect(clippy::disallowed_methods, reason = "how long a task takes is measured, not tested")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A folder that waits for no disk, where the machine has one with room for the databases of tests. What tests promise of
/// a database outlives its programs, not the machine.
pub(crate) fn folder_in_memory() -> Option<&'static str> {
    const FOLDER: &str = "/dev/shm";
    const ROOM_IN_KIB: u64 = 4 * 1024 * 1024;
    if std::env::var_os("TMPDIR").is_some() {
        return None;
    }
    let printed = output(Command::new("df").args(["-Pk", FOLDER])).ok()?;
    (available(&printed)? >= ROOM_IN_KIB).then_some(FOLDER)
}

/// The room that `df -Pk` says there is.
fn available(printed: &str) -> Option<u64> {
    printed.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words: Vec<_> = std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_of_a_folder_is_read() {
        let printed =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\ntmpfs 8192000 192000 8000000 3% /dev/shm\n";
        assert_eq!(available(printed), Some(8_000_000));
        assert_eq!(available("df: no such folder\n"), None);
    }
}
