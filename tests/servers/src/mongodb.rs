//! A MongoDB replica set.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bson::{Bson, Document, doc};

use crate::home::{Home, Record};
use crate::{locate, ports, process, wait, wire};

/// As many as can vote in a set.
const MOST_MEMBERS: usize = 7;

/// How many ports are tried: another process may take a free one first.
const PORTS: u32 = 5;

/// How long a member may take to catch up with the others, which a killed primary does after it has undone what they do not
/// have.
const CATCH_UP: Duration = Duration::from_secs(180);

/// What differs from a server's defaults. The files of a dropped collection stay open for as long as snapshots of it may be
/// read, five minutes by default: thousands of tests' databases would be more than a process may open, which ends it.
const PARAMETERS: [&str; 4] = [
    "diagnosticDataCollectionEnabled=false",
    "ttlMonitorSleepSecs=1",
    "enableTestCommands=1",
    "minSnapshotHistoryWindowInSeconds=5",
];

/// A throw-away MongoDB replica set on free ports of 127.0.0.1. It ends, and its folder goes, when it is dropped.
///
/// Its members are counted from 0. They have `enableTestCommands`, so that `configureFailPoint` works.
#[derive(Debug)]
pub struct MongoSet {
    home: Home,
    program: PathBuf,
    ports: Vec<u16>,
}

impl MongoSet {
    /// Makes a set of 1 to 7 members, and waits until one is primary and the others are secondaries.
    ///
    /// # Errors
    /// Where `mongod` is not found and cannot be fetched, or does not start; one line that says what to do.
    pub fn start(members: usize) -> Result<Self> {
        ensure!((1..=MOST_MEMBERS).contains(&members), "a set has 1 to {MOST_MEMBERS} members, not {members}");
        let mut set = Self { program: locate::mongod()?, home: Home::new(None)?, ports: Vec::new() };
        for member in 0..members {
            set.ports.push(0);
            set.start_on_free_port(member)?;
        }
        let hosts =
            set.ports.iter().zip(0_i32..).map(|(port, id)| doc! { "_id": id, "host": format!("127.0.0.1:{port}") });
        let hosts: Vec<Bson> = hosts.map(Bson::from).collect();
        // With the defaults of 10 s and 2 s, a set takes 11 s until it has another primary; the tests wait for that.
        let settings = doc! { "electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 300 };
        let configuration = doc! { "_id": "rs0", "members": hosts, "settings": settings };
        set.command(0, doc! { "replSetInitiate": configuration }).context("the set cannot be initiated")?;
        set.wait_for_members()?;
        Ok(set)
    }

    /// Its URL, with writes that are acknowledged by a majority's journals; no password is needed.
    #[must_use]
    pub fn url(&self) -> String {
        Self::url_at(&self.ports)
    }

    /// The URL of a set on these ports.
    #[must_use]
    pub fn url_at(ports: &[u16]) -> String {
        let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("mongodb://{}/?replicaSet=rs0&w=majority&journal=true", hosts.join(","))
    }

    /// The number of a member's process; none while it is killed.
    #[must_use]
    pub fn pid(&self, member: usize) -> Option<u32> {
        self.home.pid(&name(member))
    }

    /// The member that is primary at this moment; none between two elections.
    #[must_use]
    pub fn primary(&self) -> Option<usize> {
        self.living().find(|member| self.is(*member, "isWritablePrimary"))
    }

    /// Sends a command to one member, to the database `admin` where it names none in `$db`, and gives its answer.
    ///
    /// # Errors
    /// Where the member is not reached, or refuses.
    pub fn command(&self, member: usize, mut command: Document) -> Result<Document> {
        if !command.contains_key("$db") {
            command.insert("$db", "admin");
        }
        wire::command(self.port(member)?, &command)
    }

    /// Ends a member at once, as SIGKILL does, and waits until it is gone.
    ///
    /// # Errors
    /// Where it does not go.
    pub fn kill(&mut self, member: usize) -> Result<()> {
        self.home.kill(&name(member))
    }

    /// Kills the member that is primary, waiting for an election that is under way, and says which one it was.
    ///
    /// # Errors
    /// Where no member becomes primary.
    pub fn kill_primary(&mut self) -> Result<usize> {
        let primary = self.wait_for_primary()?;
        self.kill(primary)?;
        Ok(primary)
    }

    /// Waits until a member is primary, and says which one.
    ///
    /// # Errors
    /// Where none becomes primary, such as without a majority.
    pub fn wait_for_primary(&self) -> Result<usize> {
        let mut found = None;
        wait::until("a member is primary", || {
            found = self.primary();
            Ok(found.is_some())
        })?;
        found.context("a member is primary")
    }

    /// Starts a member again on the same port with the same data, ends it before where it lives, and waits until it answers;
    /// where a majority lives, also until one member is primary and the others that live are secondaries.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start_again(&mut self, member: usize) -> Result<()> {
        self.kill(member)?;
        self.start_member(member)?;
        if self.living().count() * 2 > self.ports.len() { self.wait_for_members() } else { Ok(()) }
    }

    /// Lets it live on when this value and this process are gone.
    ///
    /// # Errors
    /// Where its watchdog is gone.
    pub fn leave(self) -> Result<Record> {
        self.home.leave(self.ports)
    }

    /// Starts one that was left, and whose members have all crashed since, on the same ports with the same data.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn resume(record: &Record) -> Result<Self> {
        let mut set = Self { program: locate::mongod()?, home: Home::of(record)?, ports: record.ports.clone() };
        for member in 0..set.ports.len() {
            set.start_member(member)?;
        }
        set.wait_for_members()?;
        Ok(set)
    }

    fn start_on_free_port(&mut self, member: usize) -> Result<()> {
        let mut attempt = 1;
        loop {
            *self.ports.get_mut(member).context("the set has no such member")? = ports::free()?;
            match self.start_member(member) {
                Ok(()) => return Ok(()),
                Err(error) if attempt == PORTS => return Err(error),
                Err(_) => attempt += 1,
            }
            self.kill(member)?;
        }
    }

    /// Starts a member's process and waits until it answers.
    fn start_member(&mut self, member: usize) -> Result<()> {
        let (port, name) = (self.port(member)?, name(member));
        let data = self.home.path().join(format!("{name}-data"));
        std::fs::create_dir_all(&data).context("cannot make a data folder")?;
        let mut command = Command::new(&self.program);
        command.arg("--dbpath").arg(data).arg("--port").arg(port.to_string());
        command.args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", "rs0"]);
        command.args(["--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]);
        for parameter in PARAMETERS {
            command.args(["--setParameter", parameter]);
        }
        // Each collection and each index of each test's database is a file.
        process::raise_open_files()?;
        self.home.start(&name, &mut command)?;
        wait::until("mongod answers", || {
            self.home.must_live(&name)?;
            Ok(wire::command(port, &doc! { "hello": 1, "$db": "admin" }).is_ok())
        })
    }

    fn wait_for_members(&self) -> Result<()> {
        let _ = self.wait_for_primary()?;
        let all_serve =
            || Ok(self.living().all(|member| self.is(member, "isWritablePrimary") || self.is(member, "secondary")));
        wait::until_within(CATCH_UP, "every member is primary or secondary", all_serve).with_context(|| self.states())
    }

    /// What each living member says of itself.
    fn states(&self) -> String {
        let state = |member: usize| {
            let status = self.command(member, doc! { "replSetGetStatus": 1 });
            let members = status.ok().and_then(|status| status.get_array("members").cloned().ok()).unwrap_or_default();
            let own = members.iter().filter_map(|entry| entry.as_document()).find(|entry| entry.contains_key("self"));
            let text = own.and_then(|entry| entry.get_str("stateStr").ok()).unwrap_or("silent");
            format!("{} is {text}", name(member))
        };
        self.living().map(state).collect::<Vec<_>>().join(", ")
    }

    fn living(&self) -> impl Iterator<Item = usize> {
        (0..self.ports.len()).filter(|member| self.pid(*member).is_some())
    }

    fn is(&self, member: usize, state: &str) -> bool {
        self.command(member, doc! { "hello": 1 }).is_ok_and(|hello| hello.get_bool(state).unwrap_or(false))
    }

    fn port(&self, member: usize) -> Result<u16> {
        match self.ports.get(member) {
            Some(port) => Ok(*port),
            None => bail!("the set has no member {member}"),
        }
    }
}

fn name(member: usize) -> String {
    format!("mongod-{member}")
}
