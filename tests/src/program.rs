//! The real program, as a process of its own.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::client::Client;
use crate::mailbox::Mailbox;

/// How long a start and an end may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program as it is.
const PLAIN: &str = "authsome_under_test";
/// The program with the plugin for magic links.
const WITH_PLUGIN: &str = "authsome_with_plugin";

/// A command that runs the program and sees none of the configuration around it.
#[must_use]
pub fn program(folder: &Path) -> Command {
    named(PLAIN, folder)
}

/// Runs a command of the program that has the plugin for magic links to its end.
#[must_use]
pub fn run_with_plugin<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Output {
    output(named(WITH_PLUGIN, folder).args(arguments))
}

fn named(name: &str, folder: &Path) -> Command {
    // Cargo builds the program beside the folder in which the suites lie, and beside other programs that start it.
    let own = std::env::current_exe().expect("a suite knows where it lies");
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|program| program.exists());
    let mut command = Command::new(beside.expect("the program was built"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("AUTHSOME_") || name == "DATABASE_URL" {
            command.env_remove(&*name);
        }
    }
    command.current_dir(folder).env("AUTHSOME_DATA_DIR", folder.join("data"));
    command
}

/// Runs a command of the program to its end.
#[must_use]
pub fn run<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Output {
    output(program(folder).args(arguments))
}

/// What a command printed.
///
/// # Panics
/// It is not UTF-8.
#[must_use]
pub fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("a command prints text")
}

/// What a command that must do its work printed.
///
/// # Panics
/// It failed.
#[track_caller]
#[must_use]
pub fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", printed(output), String::from_utf8_lossy(&output.stderr));
    printed(output)
}

/// Runs a command to its end, without an input.
///
/// # Panics
/// It does not end in time, such as a server that starts although it should refuse; it is killed then.
#[must_use]
#[track_caller]
pub fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = wait(&mut child);
    if status.is_none() {
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }
    let [stdout, stderr] = [stdout, stderr].map(|thread| thread.join().expect("its output can be read"));
    let said = || format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    let status = status.unwrap_or_else(|| panic!("the program did not end; it said:\n{}", said()));
    Output { status, stdout, stderr }
}

fn read(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.expect("it has an output").read_to_end(&mut bytes).expect("its output can be read");
        bytes
    })
}

/// How a process ended, where it does in time.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let (mut waited, step) = (Duration::ZERO, Duration::from_millis(20));
    while waited < PATIENCE {
        if let Some(status) = child.try_wait().expect("its state can be asked for") {
            return Some(status);
        }
        thread::sleep(step);
        waited += step;
    }
    None
}

/// How a server is to be started.
#[derive(Debug)]
pub struct Launch {
    program: &'static str,
    folder: Arc<TempDir>,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Default for Launch {
    fn default() -> Self {
        Self::in_folder(Arc::new(TempDir::new().expect("a temporary folder can be made")))
    }
}

impl Launch {
    /// A server in this folder, on a free port, without rate limits.
    #[must_use]
    pub fn in_folder(folder: Arc<TempDir>) -> Self {
        let variables = vec![("AUTHSOME_RATE_LIMITS".to_owned(), "off".to_owned())];
        Self {
            program: PLAIN,
            folder,
            arguments: vec!["serve".into(), "--listen".into(), "127.0.0.1:0".into()],
            variables,
        }
    }

    /// Of the program that has the plugin for magic links.
    #[must_use]
    pub const fn with_plugin(mut self) -> Self {
        self.program = WITH_PLUGIN;
        self
    }

    /// With a further argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it without waiting until it listens.
    #[must_use]
    pub fn spawn(self) -> Starting {
        let mut command = named(self.program, self.folder.path());
        command.args(self.arguments).envs(self.variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("it has an output"));
        let (sender, first_line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).expect("its output is text");
            // Nobody waits any more where the test is over.
            let _ = sender.send(line);
            let mut rest = String::new();
            stdout.read_to_string(&mut rest).expect("its output is text");
        });
        let mut stderr = BufReader::new(child.stderr.take().expect("it has an error output"));
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|read| read > 0) {
                written.lock().expect("no writer panics").push_str(&line);
                line.clear();
            }
        });
        Starting { server: Server { child, folder: self.folder, base: String::new(), log }, first_line }
    }

    /// Starts it and waits until it listens.
    #[must_use]
    pub fn start(self) -> Server {
        self.spawn().listening()
    }
}

/// A server that may not listen yet.
pub struct Starting {
    server: Server,
    first_line: mpsc::Receiver<String>,
}

impl Starting {
    /// Ends it as a power failure would.
    pub fn kill(self) {
        self.server.kill();
    }

    /// Waits until it listens.
    #[must_use]
    pub fn listening(mut self) -> Server {
        let line = self.first_line.recv_timeout(PATIENCE).unwrap_or_default();
        match line.trim_end().strip_prefix("listening on ") {
            Some(base) => base.clone_into(&mut self.server.base),
            None => panic!("the server did not start; its first line is {line:?}, its log:\n{}", self.server.log()),
        }
        self.server
    }
}

/// A server that runs. It is killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: Arc<TempDir>,
    base: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// A server in a new folder, with the defaults.
    #[must_use]
    pub fn start() -> Self {
        Launch::default().start()
    }

    /// A client of it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// Where it listens: `http://<address>:<port>`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The folder it works in; another server can be started in it.
    #[must_use]
    pub fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.folder)
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The mails that it wrote.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.data().join("mail"))
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().expect("no writer panics").clone()
    }

    /// Sends it a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.expect("`kill` runs").success(), "the signal was sent");
    }

    /// Waits for its end.
    #[must_use]
    pub fn end(mut self) -> ExitStatus {
        wait(&mut self.child).unwrap_or_else(|| panic!("the server did not end; its log:\n{}", self.log()))
    }

    /// Ends it as a power failure would.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to end and waits for that.
    #[must_use]
    pub fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.end()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
