//! [`Home`]: where a program under test runs: a folder, and a database of one of the backends.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use authsome_core::entropy::{Entropy, OsEntropy};
use data_encoding::HEXLOWER;
use tempfile::TempDir;

use crate::database_server::DatabaseServer;
use crate::program::{Launch, Server, output, program};

/// Which backend a program under test stores in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the process: nothing outlives it, and no second process shares it.
    Memory,
    /// In a file in the data folder, which is the default.
    Sqlite,
    /// On the PostgreSQL server of `AUTHSOME_TEST_POSTGRES_URL`.
    Postgres,
    /// On the MongoDB replica set of `AUTHSOME_TEST_MONGODB_URL`.
    Mongodb,
}

impl Kind {
    /// Each.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Postgres, Self::Mongodb];

    /// Those that commands reach: the memory database lives inside one server.
    pub const LASTING: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mongodb];

    /// Its name, which leads the names of the tests that run on it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mongodb => "mongodb",
        }
    }

    /// Whether what a program stored is there for the next one.
    #[must_use]
    pub fn outlives_the_process(self) -> bool {
        self != Self::Memory
    }

    /// Whether it is a server's, so that the program must be given a master key.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Postgres | Self::Mongodb)
    }
}

/// A folder and an empty database, both removed when this is dropped.
#[derive(Debug)]
pub struct Home {
    kind: Kind,
    variables: Vec<(String, String)>,
    folder: Arc<TempDir>,
    database: Option<OnServer>,
}

#[derive(Debug)]
struct OnServer {
    server: DatabaseServer,
    name: String,
}

impl Home {
    /// A new one.
    ///
    /// # Panics
    /// The database cannot be made: its server is not named, or does not answer.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let server = match kind {
            Kind::Memory | Kind::Sqlite => None,
            Kind::Postgres => Some(DatabaseServer::postgres()),
            Kind::Mongodb => Some(DatabaseServer::mongodb()),
        };
        let mut home = Self { kind, variables: Vec::new(), folder: Arc::new(folder()), database: None };
        let mut variable = |name: &str, value: String| home.variables.push((name.to_owned(), value));
        if kind == Kind::Memory {
            variable("DATABASE_URL", "memory:".to_owned());
        }
        if let Some(server) = server {
            let name = format!("authsome_e2e_{}", random());
            server.make(&name);
            variable("DATABASE_URL", server.url_for_programs(&name));
            variable("AUTHSOME_MASTER_KEY", new_master_key());
            home.database = Some(OnServer { server, name });
        }
        home
    }

    /// The same database from another machine: a new folder, with the same configuration.
    ///
    /// # Panics
    /// The database lives in the folder or the process.
    #[must_use]
    pub fn elsewhere(&self) -> Launch {
        assert!(self.kind.is_shared(), "only a server's database is reached from elsewhere");
        self.configured(Launch::in_folder(Arc::new(folder())))
    }

    /// Its backend.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The variables that programs here get, with their values.
    #[must_use]
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The value of a variable that programs here get, where it is set.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A server here, on a free port, without rate limits.
    #[must_use]
    pub fn launch(&self) -> Launch {
        self.configured(Launch::in_folder(Arc::clone(&self.folder)))
    }

    /// Starts a server here.
    #[must_use]
    pub fn start(&self) -> Server {
        self.launch().start()
    }

    fn configured(&self, launch: Launch) -> Launch {
        self.variables.iter().fold(launch, |launch, (name, value)| launch.variable(name, value))
    }

    /// A command of the program here.
    #[must_use]
    pub fn program(&self) -> Command {
        let mut command = program(self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the program to its end.
    #[must_use]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        output(self.program().args(arguments))
    }

    /// Runs a command of the program that reads from standard input.
    #[must_use]
    pub fn run_with_input<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>, input: &str) -> Output {
        let mut command = self.program();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A command that refuses its arguments does not read.
        let _ = child.stdin.take().expect("it has an input").write_all(input.as_bytes());
        child.wait_with_output().expect("the program ends")
    }

    /// Everything that is kept, as bytes, each piece with its name: the files of the data folder, less the mails, which
    /// are meant to hold links, and the files of keys and tokens; and every row of the database, where a server has it.
    #[must_use]
    pub fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(self.data()).expect("the folder can be read");
        let files = files.map(|entry| entry.expect("the folder can be read").path());
        let is_secret =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "key" || extension == "token");
        let files = files.filter(|path| path.is_file() && !is_secret(path));
        let mut contents: Vec<_> = files
            .map(|path| (path.display().to_string(), std::fs::read(&path).expect("the file can be read")))
            .collect();
        if let Some(OnServer { server, name }) = &self.database {
            contents.extend(server.contents(name));
        }
        contents
    }

    /// Stores a text where no program put it, to see that [`Self::contents`] shows it.
    pub fn plant(&self, text: &str) {
        match &self.database {
            Some(OnServer { server, name }) => server.plant(name, text),
            None => std::fs::write(self.data().join("planted"), text).expect("the folder can be written to"),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(OnServer { server, name }) = &self.database {
            server.remove(name);
        }
    }
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}

fn random() -> String {
    let mut bytes = [0_u8; 8];
    OsEntropy.fill(&mut bytes).expect("there is randomness");
    HEXLOWER.encode(&bytes)
}

/// What `authsome keygen` prints.
#[must_use]
pub fn new_master_key() -> String {
    let folder = folder();
    let output = output(program(folder.path()).arg("keygen"));
    String::from_utf8(output.stdout).expect("a key is text").trim().to_owned()
}
