//! [`OwnServer`]: a database server that belongs to one test, which may kill it.

use std::process::Output;
use std::sync::Arc;

use authsome::mongo::MongoStore;
use authsome::pg::PgStore;
use authsome_core::store::Store;
use authsome_test_servers::{Durability, MongoSet, Postgres};
use tempfile::TempDir;

use crate::database_server::DatabaseServer;
use crate::home::{Kind, new_master_key};
use crate::program::{Launch, output, program};

/// The database that programs under test use on it.
const DATABASE: &str = "authsome";

/// A durable database server of the test's own, with a master key for the programs on it.
#[derive(Debug)]
pub struct OwnServer {
    process: Process,
    master_key: String,
}

#[derive(Debug)]
enum Process {
    Postgres(Postgres),
    Mongodb(MongoSet),
}

impl OwnServer {
    /// A server of a kind of database.
    ///
    /// # Panics
    /// It cannot be started, or the kind has no server.
    #[must_use]
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::Postgres => Self::on(Process::Postgres(Postgres::start(Durability::Durable).expect("it starts"))),
            Kind::Mongodb => Self::mongodb(1),
            Kind::Memory | Kind::Sqlite => panic!("{} has no server", kind.name()),
        }
    }

    /// A MongoDB replica set of some members.
    #[must_use]
    pub fn mongodb(members: usize) -> Self {
        Self::on(Process::Mongodb(MongoSet::start(members).expect("it starts")))
    }

    fn on(process: Process) -> Self {
        let server = Self { process, master_key: new_master_key() };
        server.databases().make(DATABASE);
        server
    }

    /// Its databases.
    #[must_use]
    pub fn databases(&self) -> DatabaseServer {
        match &self.process {
            Process::Postgres(postgres) => DatabaseServer::Postgres(postgres.url()),
            Process::Mongodb(set) => DatabaseServer::Mongodb(set.url()),
        }
    }

    /// The URL of the database that the programs use.
    #[must_use]
    pub fn url(&self) -> String {
        self.databases().url_of(DATABASE)
    }

    /// The set, where it is one.
    ///
    /// # Panics
    /// It is PostgreSQL.
    #[must_use]
    pub fn set(&self) -> &MongoSet {
        match &self.process {
            Process::Mongodb(set) => set,
            Process::Postgres(_) => panic!("PostgreSQL is no set"),
        }
    }

    /// Kills it with -9.
    pub fn kill(&mut self) {
        match &mut self.process {
            Process::Postgres(postgres) => postgres.kill().expect("it is killed"),
            Process::Mongodb(set) => {
                let _ = set.kill_primary().expect("it is killed");
            }
        }
    }

    /// Starts it again, with what it had.
    pub fn start_again(&mut self) {
        match &mut self.process {
            Process::Postgres(postgres) => postgres.start_again().expect("it starts again"),
            Process::Mongodb(set) => set.start_again(0).expect("it starts again"),
        }
    }

    /// A store on the database that the programs use.
    pub async fn store(&self) -> Arc<dyn Store> {
        match &self.process {
            Process::Postgres(_) => Arc::new(PgStore::connect(&self.url()).await.expect("the database answers")),
            Process::Mongodb(_) => Arc::new(MongoStore::connect(&self.url()).await.expect("the database answers")),
        }
    }

    /// A program on it, in a new folder.
    #[must_use]
    pub fn launch(&self) -> Launch {
        let launch = Launch::in_folder(Arc::new(folder())).variable("DATABASE_URL", &self.url());
        launch.variable("AUTHSOME_MASTER_KEY", &self.master_key)
    }

    /// Runs a command of the program on it, to its end.
    #[must_use]
    pub fn run<const N: usize>(&self, arguments: [&str; N]) -> Output {
        let folder = folder();
        let mut command = program(folder.path());
        command.env("DATABASE_URL", self.url()).env("AUTHSOME_MASTER_KEY", &self.master_key);
        output(command.args(arguments))
    }
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}
