//! [`Victim`]: a server on a database, of which one is killed.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use authsome_core::secret::MasterKey;
use authsome_test_servers::{Durability, MongoSet, Postgres};
use authsome_tests::client::Client;
use authsome_tests::program::{Launch, Server};
use tempfile::TempDir;

/// What is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The database's server, all of it.
    Database,
    /// The primary of a set of three, which leaves two that elect another.
    Primary,
    /// Authsome's server.
    Server,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "database",
            Self::Primary => "primary of three",
            Self::Server => "server",
        })
    }
}

/// A server on a database, of which one is killed.
pub(super) struct Victim {
    pub(super) kind: Kind,
    folder: Arc<TempDir>,
    server: Option<Server>,
    database: Database,
    /// The member of a set that is dead.
    dead: Option<usize>,
}

enum Database {
    File,
    Postgres(Postgres),
    Mongo(MongoSet),
}

impl Victim {
    pub(super) fn start(backend: &str, kind: Kind) -> Result<Self> {
        let database = match backend {
            "sqlite" => Database::File,
            "postgres" => Database::Postgres(Postgres::start(Durability::Durable)?),
            "mongodb" => Database::Mongo(MongoSet::start(if kind == Kind::Primary { 3 } else { 1 })?),
            _ => bail!("{backend} has no server that can be killed"),
        };
        let mut victim = Self { kind, folder: Arc::new(TempDir::new()?), server: None, database, dead: None };
        victim.server = Some(victim.launch().start());
        Ok(victim)
    }

    fn launch(&self) -> Launch {
        let launch = Launch::in_folder(Arc::clone(&self.folder));
        match &self.database {
            Database::File => launch,
            Database::Postgres(_) | Database::Mongo(_) => launch
                .variable("DATABASE_URL", &self.database_url())
                .variable("AUTHSOME_MASTER_KEY", MasterKey::from_bytes([7; 32]).to_base64().expose()),
        }
    }

    pub(super) fn database_url(&self) -> String {
        match &self.database {
            Database::File => format!("sqlite:{}", self.folder.path().join("data/authsome.db").display()),
            Database::Postgres(postgres) => postgres.url(),
            Database::Mongo(set) => set.url(),
        }
    }

    #[expect(clippy::expect_used, reason = "between a kill and a start nobody asks for a client")]
    pub(super) fn client(&self) -> Client {
        self.server.as_ref().expect("the server runs").client()
    }

    pub(super) fn kill(&mut self) -> Result<()> {
        match (self.kind, &mut self.database) {
            (Kind::Server, _) => self.server.take().context("the server runs")?.kill(),
            (Kind::Database, Database::Postgres(postgres)) => postgres.kill()?,
            (Kind::Database, Database::Mongo(set)) => set.kill(0)?,
            (Kind::Primary, Database::Mongo(set)) => self.dead = Some(set.kill_primary()?),
            _ => bail!("there is no such server to be killed"),
        }
        Ok(())
    }

    pub(super) fn start_again(&mut self) -> Result<()> {
        match (self.kind, &mut self.database) {
            (Kind::Server, _) => self.server = Some(self.launch().start()),
            (Kind::Database, Database::Postgres(postgres)) => postgres.start_again()?,
            (Kind::Database, Database::Mongo(set)) => set.start_again(0)?,
            (Kind::Primary, Database::Mongo(set)) => {
                if let Some(dead) = self.dead.take() {
                    set.start_again(dead)?;
                }
            }
            _ => bail!("there is no such server to be started"),
        }
        Ok(())
    }

    /// Ends Authsome's server, which must not have panicked; its database stays.
    pub(super) fn end(&mut self) -> Result<()> {
        let server = self.server.take().context("the server runs")?;
        let log = server.log();
        ensure!(!log.contains("panicked"), "the server panicked: {}", panics(&log));
        ensure!(server.stop().success(), "the server ends well");
        Ok(())
    }
}

/// The lines of a log that tell of panics.
fn panics(log: &str) -> String {
    log.lines().filter(|line| line.contains("panicked")).take(3).collect::<Vec<_>>().join("; ")
}
