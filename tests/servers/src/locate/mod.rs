//! Where the programs of the servers are; what is missing is installed where that is possible, and said.

mod fetch;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Where Debian and its relatives put the programs of PostgreSQL, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

const NO_POSTGRES: &str = "PostgreSQL is not installed: install it so that `initdb` and `postgres` are in PATH \
     (Debian: apt-get install postgresql; macOS: brew install postgresql), or set AUTHSOME_TEST_POSTGRES_URL to a server";

const NO_MONGOD: &str = "MongoDB is not installed: put `mongod` 4.4 or newer into PATH \
     (https://www.mongodb.com/try/download/community), or set AUTHSOME_TEST_MONGODB_URL to a replica set";

/// The folder with PostgreSQL's programs, such as `initdb`, `postgres` and `psql`: of `PATH`, else the newest of Debian's; installed where it is
/// missing and this system has `apt-get` and root's rights.
///
/// # Errors
/// One line that says what to install or to set.
pub fn postgres() -> Result<PathBuf> {
    if let Some(found) = installed_postgres() {
        return Ok(found);
    }
    let _lock = fetch::lock()?;
    if installed_postgres().is_none() {
        fetch::apt("postgresql").context(NO_POSTGRES)?;
    }
    installed_postgres().context(NO_POSTGRES)
}

/// MongoDB's `mongod`: of `PATH`, else of the cache; fetched into the cache where it is missing and a build for this
/// system is known.
///
/// # Errors
/// One line that says what to install or to set.
pub fn mongod() -> Result<PathBuf> {
    let cached = fetch::cached_mongod()?;
    if let Some(found) = in_path("mongod").or_else(|| cached.exists().then(|| cached.clone())) {
        return made_to_run(found);
    }
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), NO_MONGOD);
    {
        let _lock = fetch::lock()?;
        if !cached.exists() {
            fetch::mongod().context(NO_MONGOD)?;
        }
    }
    made_to_run(cached)
}

fn installed_postgres() -> Option<PathBuf> {
    let complete = |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    // A link in PATH leads to the folder in which the other programs of PostgreSQL lie too.
    let linked = in_path("initdb").and_then(|program| Some(program.canonicalize().ok()?.parent()?.to_path_buf()));
    if let Some(folder) = linked.filter(|folder| complete(folder)) {
        return Some(folder);
    }
    newest(Path::new(DEBIAN)).into_iter().map(|version| version.join("bin")).find(|folder| complete(folder))
}

/// The folders whose names are versions, newest first.
fn newest(folder: &Path) -> Vec<PathBuf> {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| version(path).is_some()).collect();
    folders.sort_by_key(|path| std::cmp::Reverse(version(path)));
    folders
}

/// A `mongod` that runs: the one library that minimal systems lack is installed.
fn made_to_run(program: PathBuf) -> Result<PathBuf> {
    let complaint = || -> Result<Option<String>> {
        let output = Command::new(&program).arg("--version").output();
        let output = output.with_context(|| format!("cannot run {}: {NO_MONGOD}", program.display()))?;
        Ok((!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")))
    };
    let Some(mut said) = complaint()? else { return Ok(program) };
    if said.contains("libcurl.so.4") {
        let _lock = fetch::lock()?;
        fetch::apt("libcurl4").context("mongod needs libcurl4: install it")?;
        match complaint()? {
            None => return Ok(program),
            Some(again) => said = again,
        }
    }
    bail!("{} does not run ({said}): {NO_MONGOD}", program.display());
}

fn in_path(program: &str) -> Option<PathBuf> {
    folders_of_path().map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn folders_of_path() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9", "15", "common"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(newest(folder.path()), [folder.path().join("15"), folder.path().join("9")]);
    }
}
