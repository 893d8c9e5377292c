//! The folder of a server, the processes that were started from it, and the watchdog that ends both.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::process;

const WATCHDOG: &str = include_str!("watchdog.sh");

/// PostgreSQL gives back its shared memory when it is told to stop at once (QUIT), and not when it is killed.
const QUITS: &str = "postgres";
/// How long a process that is told to stop may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// What is left of a server whose value is gone while it lives on: enough to find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its folder.
    pub folder: PathBuf,
    /// The port of each of its members, on 127.0.0.1.
    pub ports: Vec<u16>,
}

impl Record {
    /// The numbers of its processes that live; fewer than there are ports where one has crashed.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let files = pid_files(&self.folder).into_iter();
        files.filter_map(|file| read_pid(&file)).filter(|pid| process::lives(*pid, &self.folder)).collect()
    }

    /// Whether all its processes live.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.pids().len() == self.ports.len()
    }

    /// How long ago the process was started that was started last; none where there never was one.
    #[must_use]
    pub fn uptime(&self) -> Option<Duration> {
        let files = pid_files(&self.folder).into_iter();
        files.filter_map(|file| file.metadata().ok()?.modified().ok()?.elapsed().ok()).min()
    }

    /// Ends its processes and removes its folder.
    ///
    /// # Errors
    /// Where no shell can be started.
    pub fn stop(&self) -> Result<()> {
        // A watchdog without an input acts at once.
        let _ = watchdog(&self.folder, Stdio::null())?.wait().context("cannot wait for a watchdog")?;
        Ok(())
    }
}

/// A folder with the processes that were started from it. When it is dropped, and when this process is gone, they end and
/// it is removed, whatever state they are in.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    /// `None` once the processes are left to themselves.
    watchdog: Option<Child>,
    processes: BTreeMap<String, Child>,
}

impl Home {
    /// A new folder, which belongs to an account.
    pub(crate) fn new(owner: Option<Account>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("authsome-test-servers-").tempdir();
        let folder = folder.context("cannot make a temporary folder")?;
        if let Some(owner) = owner {
            owner.owns(folder.path())?;
        }
        let watchdog = Some(watchdog(folder.path(), Stdio::piped())?);
        Ok(Self { path: folder.keep(), watchdog, processes: BTreeMap::new() })
    }

    /// The folder of a server that was left, whose processes have all ended.
    pub(crate) fn of(record: &Record) -> Result<Self> {
        let path = record.folder.clone();
        Ok(Self { watchdog: Some(watchdog(&path, Stdio::piped())?), path, processes: BTreeMap::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a process in the background, with its output in `<name>.log`.
    pub(crate) fn start(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let program = command.get_program().to_string_lossy().into_owned();
        let log = File::options().create(true).append(true).open(self.log(name)).context("cannot write a log")?;
        let errors = log.try_clone().context("cannot write a log")?;
        // A group of its own, so that Ctrl-C reaches the command that uses the servers, and not them before it ends.
        command.stdin(Stdio::null()).stdout(log).stderr(errors).current_dir(&self.path).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let pid = child.id();
        self.processes.insert(name.to_owned(), child);
        std::fs::write(self.pid_file(name), pid.to_string()).context("cannot write a pid file")
    }

    /// The number of a process that was started and not killed.
    pub(crate) fn pid(&self, name: &str) -> Option<u32> {
        self.processes.get(name).map(Child::id)
    }

    /// Fails with the last line of its log where a process has ended by itself.
    pub(crate) fn must_live(&mut self, name: &str) -> Result<()> {
        let log = self.log(name);
        let Some(child) = self.processes.get_mut(name) else { bail!("{name} was not started") };
        let Some(status) = child.try_wait().with_context(|| format!("cannot ask for {name}"))? else { return Ok(()) };
        let log = std::fs::read_to_string(log).unwrap_or_default();
        bail!("{name} ended ({status}): {}", log.lines().last().unwrap_or("it logged nothing"))
    }

    /// Ends a process and its children at once, as SIGKILL does. One that has ended already is no error.
    pub(crate) fn kill(&mut self, name: &str) -> Result<()> {
        let Some(child) = self.processes.get_mut(name) else { return Ok(()) };
        kill(child).with_context(|| format!("cannot end {name}"))?;
        self.processes.remove(name);
        std::fs::remove_file(self.pid_file(name)).context("cannot remove a pid file")
    }

    /// Lets the processes live on when this value and this process are gone.
    pub(crate) fn leave(mut self, ports: Vec<u16>) -> Result<Record> {
        let input = self.watchdog.as_mut().and_then(|watchdog| watchdog.stdin.as_mut());
        input.context("the watchdog has an input")?.write_all(b"leave\n").context("the watchdog is gone")?;
        if let Some(mut watchdog) = self.watchdog.take() {
            let _ = watchdog.wait().context("cannot wait for the watchdog")?;
        }
        Ok(Record { folder: self.path.clone(), ports })
    }

    fn log(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.log"))
    }

    fn pid_file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.pid"))
    }
}

impl Drop for Home {
    /// Waits for nothing without a bound: not for a server that is stopped or busy, nor for the watchdog.
    fn drop(&mut self) {
        let Some(mut watchdog) = self.watchdog.take() else { return };
        // Each of them, also after one that could not be ended.
        let ended = self.processes.iter_mut().fold(true, |all, (name, child)| end(name, child).is_ok() && all);
        // What is left is the watchdog's: it acts when its input is closed.
        if ended && std::fs::remove_dir_all(&self.path).is_ok() {
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }
}

/// Ends a process and its children, gently where its memory needs that.
fn end(name: &str, child: &mut Child) -> Result<()> {
    if name == QUITS && child.try_wait()?.is_none() {
        process::quit(child.id());
        // Who does not end in time is killed.
        let _ = crate::wait::until_within(GRACE, "it stops", || Ok(child.try_wait()?.is_some()));
    }
    kill(child)
}

/// Ends a process and its children at once. One that has ended already is no error.
fn kill(child: &mut Child) -> Result<()> {
    // As long as nobody has asked how it ended, its number is not given to another process.
    if child.try_wait()?.is_none() {
        process::kill_with_children(child.id())?;
        let _ = child.wait()?;
    }
    Ok(())
}

fn watchdog(folder: &Path, input: Stdio) -> Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", WATCHDOG, "watchdog"]).arg(folder).current_dir("/").process_group(0);
    command.stdin(input).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().context("cannot start `sh`")
}

fn pid_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "pid")).collect()
}

fn read_pid(file: &Path) -> Option<u32> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home with a process that does not stop when it is told to, and the numbers of that and of its child.
    fn stubborn() -> (Home, Vec<u32>) {
        let mut home = Home::new(None).unwrap();
        let mut command = Command::new("sh");
        let script = "trap '' QUIT; sleep 1000 & echo $! > child.new; mv child.new child; wait";
        command.args(["-c", script]).arg(home.path().join("postgres"));
        home.start(QUITS, &mut command).unwrap();
        let child = home.path().join("child");
        crate::wait::until("it has its child", || Ok(child.exists())).unwrap();
        let pids = vec![home.pid(QUITS).unwrap(), read_pid(&child).unwrap()];
        (home, pids)
    }

    fn wait_until_gone(folder: &Path, pids: &[u32]) {
        crate::wait::until("all of it is gone", || {
            Ok(!folder.exists() && !pids.iter().any(|pid| process::exists(*pid)))
        })
        .unwrap();
    }

    #[test]
    fn who_does_not_stop_when_told_to_is_killed_with_its_children() {
        let (home, pids) = stubborn();
        let folder = home.path().to_owned();
        let start = crate::wait::now();
        drop(home);
        assert!(start.elapsed() < 3 * GRACE, "{:?}", start.elapsed());
        assert!(!folder.exists());
        wait_until_gone(&folder, &pids);
    }

    #[test]
    fn the_watchdog_kills_who_does_not_stop_when_told_to_with_its_children() {
        let (mut home, pids) = stubborn();
        let mut watchdog = home.watchdog.take().unwrap();
        drop(watchdog.stdin.take());
        wait_until_gone(home.path(), &pids);
        let _ = watchdog.wait().unwrap();
    }

    #[test]
    fn a_watchdog_that_is_gone_or_halted_is_not_needed_and_not_waited_for() {
        for signal in [rustix::process::Signal::KILL, rustix::process::Signal::STOP] {
            let (home, pids) = stubborn();
            let folder = home.path().to_owned();
            let watchdog = home.watchdog.as_ref().map(Child::id).unwrap();
            process::send(watchdog, signal);
            drop(home);
            wait_until_gone(&folder, &[pids, vec![watchdog]].concat());
        }
    }
}
