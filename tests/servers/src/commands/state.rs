//! What is up: the records of servers that outlive this program.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result};
use authsome_test_servers::{Kind, MongoSet, Postgres, Record};
use serde::{Deserialize, Serialize};

/// The folder of the records.
pub(crate) struct State {
    folder: PathBuf,
}

/// What is recorded of each kind of server.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Records {
    postgres: Option<Record>,
    mongodb: Option<Record>,
}

impl State {
    /// The state in a folder; by default in `target/test-servers`, where this program is `target/<profile>/…`.
    pub(crate) fn at(folder: Option<PathBuf>) -> Result<Self> {
        if let Some(folder) = folder {
            return Ok(Self { folder });
        }
        let program = std::env::current_exe().context("this program does not know where it lies")?;
        let target = program.ancestors().nth(2).context("this program does not lie in a target folder")?;
        Ok(Self { folder: target.join("test-servers") })
    }

    /// Lets one program at a time change the records, until the value is dropped.
    pub(crate) fn lock(&self) -> Result<File> {
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {}", self.folder.display()))?;
        let path = self.folder.join("lock");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(file)
    }

    /// The records; none where nothing was recorded.
    pub(crate) fn read(&self) -> Result<Records> {
        let path = self.file();
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).with_context(|| format!("remove {}: it is damaged", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Records::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Replaces the records, as a whole.
    pub(crate) fn write(&self, records: &Records) -> Result<()> {
        let new = self.folder.join("state.json.new");
        let bytes = serde_json::to_vec_pretty(records).context("records are JSON")?;
        std::fs::write(&new, bytes).with_context(|| format!("cannot write {}", new.display()))?;
        std::fs::rename(&new, self.file()).with_context(|| format!("cannot write {}", self.file().display()))
    }

    fn file(&self) -> PathBuf {
        self.folder.join("state.json")
    }
}

impl Records {
    pub(crate) fn of(&self, kind: Kind) -> Option<&Record> {
        match kind {
            Kind::Postgres => self.postgres.as_ref(),
            Kind::Mongodb => self.mongodb.as_ref(),
        }
    }

    pub(crate) fn set(&mut self, kind: Kind, record: Option<Record>) {
        match kind {
            Kind::Postgres => self.postgres = record,
            Kind::Mongodb => self.mongodb = record,
        }
    }

    /// The URL of a server of this kind that is up.
    pub(crate) fn url_of_living(&self, kind: Kind) -> Option<String> {
        self.of(kind).filter(|record| record.is_up()).map(|record| url(kind, record))
    }
}

/// The URL of a recorded server.
pub(crate) fn url(kind: Kind, record: &Record) -> String {
    match kind {
        Kind::Postgres => Postgres::url_at(record.ports.first().copied().unwrap_or_default()),
        Kind::Mongodb => MongoSet::url_at(&record.ports),
    }
}
