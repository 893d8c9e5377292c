//! [`Database`]: where the program stores.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where the program stores.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// In this process, until it ends.
    Memory,
    /// In an SQLite file.
    Sqlite {
        /// Its URL.
        url: String,
        /// Where it is; none where the URL names none.
        file: Option<PathBuf>,
    },
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Sqlite { .. } => "Sqlite(…)",
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

    /// Understands a URL. It may hold a password, so it is not repeated in a failure.
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let missing = |name: &str| {
            Err(Failure::config(format!("this build has no {name} support yet"), "give --database sqlite:<path>"))
        };
        match scheme.as_str() {
            "memory" => Ok(Self::Memory),
            "sqlite" if url.len() > "sqlite:".len() => {
                let rest = url.get("sqlite:".len()..).unwrap_or_default();
                let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or(rest);
                Ok(Self::Sqlite { url: url.to_owned(), file: (path != ":memory:").then(|| PathBuf::from(path)) })
            }
            "postgres" | "postgresql" => missing("PostgreSQL"),
            "mongodb" | "mongodb+srv" => missing("MongoDB"),
            _ => Err(Failure::config(
                "the database URL is none that this program knows",
                "give sqlite:<path> or memory: with --database or DATABASE_URL",
            )),
        }
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Sqlite { file, .. } => file.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_url_is_understood_or_refused() {
        assert_eq!(Database::parse("memory:"), Ok(Database::Memory));
        let file = Database::parse("sqlite:///var/lib/a.db?mode=rwc").unwrap();
        assert_eq!(file.file(), Some(Path::new("/var/lib/a.db")));
        for url in ["", "sqlite:", "mysql://x", "/a/b.db", "postgres://u:hunter2@h/d", "mongodb://u:hunter2@h"] {
            let failure = Database::parse(url).unwrap_err();
            assert!(failure.exit() == 2 && !failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
