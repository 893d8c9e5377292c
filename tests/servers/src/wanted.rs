//! Which servers are wanted: those of the backends asked for, less those that are given.

use anyhow::{Result, bail};

/// The environment variable that narrows the backends of tests: names with commas between them. The backends are `memory`,
/// `sqlite`, `postgres` and `mongodb`.
pub const BACKENDS_VARIABLE: &str = "AUTHSOME_TEST_BACKENDS";

/// Backends that need no server.
const SERVERLESS: &[&str] = &["memory", "sqlite"];

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MongoDB.
    Mongodb,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Mongodb];

    /// The name of its backend.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mongodb => "mongodb",
        }
    }

    /// The environment variable with the URL of a server of this kind. Where it is set, that server is used.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "AUTHSOME_TEST_POSTGRES_URL",
            Self::Mongodb => "AUTHSOME_TEST_MONGODB_URL",
        }
    }
}

/// The kinds that a list of backends asks for; all without a list.
///
/// # Errors
/// Where the list names a backend that does not exist.
pub fn wanted(backends: Option<&str>) -> Result<Vec<Kind>> {
    let Some(backends) = backends else { return Ok(Kind::ALL.to_vec()) };
    let names: Vec<&str> = backends.split(',').map(str::trim).collect();
    for name in &names {
        if !SERVERLESS.contains(name) && !Kind::ALL.iter().any(|kind| kind.name() == *name) {
            bail!("{BACKENDS_VARIABLE} names the backend {name:?}; there are memory, sqlite, postgres and mongodb");
        }
    }
    Ok(Kind::ALL.into_iter().filter(|kind| names.contains(&kind.name())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_backends_asks_for_their_servers_alone() {
        assert_eq!(wanted(None).unwrap(), Kind::ALL);
        assert_eq!(wanted(Some("memory, sqlite")).unwrap(), []);
        assert_eq!(wanted(Some("mongodb,memory")).unwrap(), [Kind::Mongodb]);
        assert_eq!(wanted(Some("postgres , mongodb")).unwrap(), Kind::ALL);
        for unknown in ["", "postgresql", "memory,", "Mongodb"] {
            assert!(wanted(Some(unknown)).is_err(), "{unknown}");
        }
    }
}
