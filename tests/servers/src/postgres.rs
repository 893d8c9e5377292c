//! A PostgreSQL cluster.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::account::Account;
use crate::home::{Home, Record};
use crate::{locate, ports, wait};

const NAME: &str = "postgres";

/// How many ports are tried: another process may take a free one first.
const PORTS: u32 = 5;

/// How often, and with which pause, a crashed server is started: its children, who hold its memory, outlive it a little.
const RESUMPTIONS: u32 = 25;
const PAUSE: Duration = Duration::from_millis(200);

/// What every cluster is set to. Connections come over TCP alone, so that no path of a socket can be too long; shared
/// memory is kept in the folder, so that a killed server leaves none behind.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'
unix_socket_directories = ''
dynamic_shared_memory_type = mmap
max_connections = 400
";

/// Commits stay synchronous, without which the store refuses a server; to wait for no disk takes no time.
const NOT_DURABLE: &str = "fsync = off
full_page_writes = off
";

/// What a cluster keeps when the machine, not only the server, goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing waits for the disk: for tests of what the server answers.
    Fast,
    /// What is committed is on the disk, as in production: for tests of what survives.
    Durable,
}

/// A throw-away PostgreSQL cluster on a free port of 127.0.0.1. It ends, and its folder goes, when it is dropped.
#[derive(Debug)]
pub struct Postgres {
    home: Home,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and waits until it takes connections.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed and cannot be, or does not start; one line that says what to do.
    pub fn start(durability: Durability) -> Result<Self> {
        let programs = locate::postgres()?;
        let home = Home::new(Account::for_unprivileged()?)?;
        let mut server = Self { home, programs, port: 0 };
        server.initialize(durability)?;
        let mut attempt = 1;
        loop {
            server.port = ports::free()?;
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(error) if attempt == PORTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Its URL, for the superuser `postgres`, who needs no password, and the database of the same name.
    #[must_use]
    pub fn url(&self) -> String {
        Self::url_at(self.port)
    }

    /// The URL of a cluster on a port.
    #[must_use]
    pub fn url_at(port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// The number of its first process; none after [`Postgres::kill`].
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.home.pid(NAME)
    }

    /// Ends all its processes at once, as SIGKILL does, and waits until they are gone.
    ///
    /// # Errors
    /// Where they do not go.
    pub fn kill(&mut self) -> Result<()> {
        self.home.kill(NAME)
    }

    /// Starts it again on the same port with the same data, ends it before where it lives, and waits until it takes
    /// connections.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.kill()?;
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        self.home.start(NAME, &mut command)?;
        let status = self.data().join("postmaster.pid");
        let pid = self.pid().map(|pid| pid.to_string());
        wait::until("PostgreSQL takes connections", || {
            self.home.must_live(NAME)?;
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            // The first line is the server's number, the eighth its state. A killed server leaves the file behind.
            let mut lines = text.lines();
            Ok(lines.next() == pid.as_deref() && lines.nth(6).map(str::trim_end) == Some("ready"))
        })
    }

    /// Lets it live on when this value and this process are gone.
    ///
    /// # Errors
    /// Where its watchdog is gone.
    pub fn leave(self) -> Result<Record> {
        self.home.leave(vec![self.port])
    }

    /// Starts one that was left, and has crashed since, on the same port with the same data.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn resume(record: &Record) -> Result<Self> {
        let port = *record.ports.first().context("the record of a cluster names a port")?;
        let mut server = Self { programs: locate::postgres()?, home: Home::of(record)?, port };
        let mut attempt = 1;
        loop {
            match server.start_again() {
                Ok(()) => return Ok(server),
                Err(error) if attempt == RESUMPTIONS => return Err(error),
                Err(_) => attempt += 1,
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn initialize(&self, durability: Durability) -> Result<()> {
        let mut command = self.command("initdb")?;
        command.arg("-D").arg(self.data());
        command.args(["-A", "trust", "-U", "postgres", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        let output = command.stdin(Stdio::null()).output().context("cannot run initdb")?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("initdb failed ({}): {}", output.status, text.lines().last().unwrap_or("it said nothing"));
        }
        let file = self.data().join("postgresql.auto.conf");
        let more = if durability == Durability::Fast { NOT_DURABLE } else { "" };
        std::fs::write(&file, format!("{SETTINGS}{more}")).context("cannot write the settings of PostgreSQL")
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Result<Command> {
        let mut command = Command::new(self.programs.join(program.as_ref()));
        command.current_dir(self.home.path());
        if let Some(account) = Account::for_unprivileged()? {
            account.runs(&mut command);
        }
        Ok(command)
    }
}
