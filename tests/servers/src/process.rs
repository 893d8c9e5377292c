//! Processes by their numbers: what they are, whose children they are, and their end by force.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

/// A process that the system lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    pid: u32,
    parent: u32,
    /// It has ended, and its parent has not asked how.
    ended: bool,
}

/// Lets this process and those that it starts open as many files as the system allows them.
pub(crate) fn raise_open_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
        .context("cannot raise the limit of open files")
}

/// Whether a process lives that was started from a folder: a number alone may belong to another process by now.
pub(crate) fn lives(pid: u32, folder: &Path) -> bool {
    command_line(pid).is_some_and(|line| line.contains(&format!("{}/", folder.display())))
}

fn command_line(pid: u32) -> Option<String> {
    if has_proc() {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).into_owned());
    }
    let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Ends a process and its children at once (SIGKILL), and waits until none of them is left.
///
/// The process is stopped first, so that it neither makes another child nor notices the end of one.
pub(crate) fn kill_with_children(pid: u32) -> Result<()> {
    send(pid, Signal::STOP);
    let mut doomed: Vec<u32> = table()?.iter().filter(|entry| entry.parent == pid).map(|entry| entry.pid).collect();
    doomed.insert(0, pid);
    for pid in &doomed {
        send(*pid, Signal::KILL);
    }
    crate::wait::until("killed processes are gone", || {
        let table = table()?;
        Ok(!doomed.iter().any(|pid| table.iter().any(|entry| entry.pid == *pid && !entry.ended)))
    })
}

/// Tells a process to stop at once and to clean up (SIGQUIT), also one that somebody has halted.
pub(crate) fn quit(pid: u32) {
    send(pid, Signal::QUIT);
    send(pid, Signal::CONT);
}

/// Whether a process of this number lives.
#[cfg(test)]
pub(crate) fn exists(pid: u32) -> bool {
    table().unwrap().iter().any(|entry| entry.pid == pid && !entry.ended)
}

/// Sends a signal; a process that is gone already needs none.
pub(crate) fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

fn has_proc() -> bool {
    Path::new("/proc/self/stat").exists()
}

fn table() -> Result<Vec<Entry>> {
    if !has_proc() {
        let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat="]).output().context("cannot run `ps`")?;
        return Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(from_ps).collect());
    }
    let mut entries = Vec::new();
    for folder in std::fs::read_dir("/proc").context("cannot read /proc")? {
        let stat = folder.ok().and_then(|folder| std::fs::read_to_string(folder.path().join("stat")).ok());
        entries.extend(stat.and_then(|stat| from_stat(&stat)));
    }
    Ok(entries)
}

/// `1234 (name, maybe with (brackets) and spaces) S 1 …`
fn from_stat(stat: &str) -> Option<Entry> {
    let (before, after) = stat.rsplit_once(')')?;
    let pid = before.split_once(' ')?.0.parse().ok()?;
    let mut after = after.split_whitespace();
    let ended = matches!(after.next()?, "Z" | "X");
    Some(Entry { pid, parent: after.next()?.parse().ok()?, ended })
}

/// `1234 1 Ss`
fn from_ps(line: &str) -> Option<Entry> {
    let mut fields = line.split_whitespace();
    let (pid, parent) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Entry { pid, parent, ended: fields.next()?.starts_with('Z') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_list_processes_is_understood() {
        let running = Some(Entry { pid: 12, parent: 3, ended: false });
        assert_eq!(from_stat("12 (a (b) c) S 3 12 12 0"), running);
        assert_eq!(from_ps("   12     3 Ss"), running);
        let ended = Some(Entry { pid: 12, parent: 3, ended: true });
        assert_eq!(from_stat("12 (postgres) Z 3 12"), ended);
        assert_eq!(from_ps("12 3 Z+"), ended);
        assert_eq!(from_stat("nonsense"), None);
    }

    #[test]
    fn a_killed_process_is_gone_with_its_children() {
        let mut shell = Command::new("sh").args(["-c", "sleep 1000 & wait"]).spawn().unwrap();
        let mut children = Vec::new();
        crate::wait::until("the shell has its child", || {
            children = table()?.into_iter().filter(|entry| entry.parent == shell.id()).collect();
            Ok(!children.is_empty())
        })
        .unwrap();
        kill_with_children(shell.id()).unwrap();
        let _ = shell.wait().unwrap();
        let left = table().unwrap();
        assert!(!left.iter().any(|entry| !entry.ended && children.iter().any(|child| child.pid == entry.pid)));
    }
}
