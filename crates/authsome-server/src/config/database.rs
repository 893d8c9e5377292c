//! [`Database`]: the program's database, and [`Pool`]: its connections.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use authsome::core::secret::SecretString;

use super::raw::Raw;
use crate::failure::Failure;

/// The program's database.
#[derive(Clone)]
pub(crate) enum Database {
    /// In this process, until it ends.
    Memory,
    /// In an SQLite file.
    Sqlite {
        /// Its URL.
        url: String,
        /// The file, if the URL names one.
        file: Option<PathBuf>,
    },
    /// On a PostgreSQL server. The URL may hold a password.
    Postgres(SecretString),
    /// On a MongoDB replica set. The URL may hold a password.
    Mongo(SecretString),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Sqlite { .. } => "Sqlite(…)",
            Self::Postgres(_) => "Postgres(…)",
            Self::Mongo(_) => "Mongo(…)",
        })
    }
}

impl Database {
    /// The default database in the data folder.
    pub(super) fn in_folder(data_dir: &Path) -> Self {
        let file = data_dir.join("authsome.db");
        // In a URL, a path ends at a question mark, and a percent sign begins an escape (RFC 3986, section 2.1).
        let path = file.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        Self::Sqlite { url: format!("sqlite:{path}"), file: Some(file) }
    }

    /// Parses a URL. It may hold a password, so a failure does not repeat it.
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let secret = || SecretString::new(url.to_owned());
        match scheme.as_str() {
            "memory" => Ok(Self::Memory),
            "sqlite" if url.len() > "sqlite:".len() => {
                let rest = url.get("sqlite:".len()..).unwrap_or_default();
                let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or(rest);
                Ok(Self::Sqlite { url: url.to_owned(), file: (path != ":memory:").then(|| PathBuf::from(path)) })
            }
            "postgres" | "postgresql" => Ok(Self::Postgres(secret())),
            "mongodb" | "mongodb+srv" => Ok(Self::Mongo(secret())),
            _ => Err(Failure::config(
                "the database URL is of an unknown kind",
                "give sqlite:<path>, postgres://…, mongodb://… or memory: with --database or DATABASE_URL",
            )),
        }
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite { file, .. } => file.as_deref(),
            Self::Memory | Self::Postgres(_) | Self::Mongo(_) => None,
        }
    }

    /// Whether processes on several machines, with different data folders, may use it.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_) | Self::Mongo(_))
    }
}

/// The pool of connections. Default: the backend's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pool {
    /// Most connections at once.
    pub(crate) max_connections: Option<u32>,
    /// How long a request waits for one.
    pub(crate) acquire_timeout: Option<Duration>,
}

impl Pool {
    pub(super) fn understand(raw: &Raw) -> Result<Self, Failure> {
        let most = raw.database_max_connections.as_ref();
        let seconds = raw.database_acquire_timeout.as_ref();
        let seconds = seconds.map(|number| number.within("database_acquire_timeout", 1..=300)).transpose()?;
        Ok(Self {
            max_connections: most.map(|number| number.within("database_max_connections", 2..=10_000)).transpose()?,
            acquire_timeout: seconds.map(|seconds| Duration::from_secs(seconds.into())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_url_is_understood_or_refused() {
        assert!(matches!(Database::parse("memory:"), Ok(Database::Memory)));
        let file = Database::parse("sqlite:///var/lib/a.db?mode=rwc").unwrap();
        assert_eq!(file.file(), Some(Path::new("/var/lib/a.db")));
        for url in ["postgres://u:hunter2@h/d", "postgresql://h/d", "mongodb://u:hunter2@h", "mongodb+srv://h/d"] {
            let database = Database::parse(url).unwrap();
            assert!(database.is_shared() && database.file().is_none(), "{url}");
            assert!(!format!("{database:?}").contains("hunter2"));
        }
        for url in ["", "sqlite:", "mysql://u:hunter2@h/d", "/a/b.db"] {
            let failure = Database::parse(url).unwrap_err();
            assert!(failure.exit() == 2 && !failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
