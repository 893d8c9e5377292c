//! The configuration file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The default file, which is read if it exists.
const DEFAULT: &str = "authsome.toml";

/// The text of the configuration file, with its path.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Reads the named file, else the default one if it exists.
pub(super) fn read(named: Option<&Path>) -> Result<Option<File>, Failure> {
    let path = named.unwrap_or(Path::new(DEFAULT));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(File { path: path.to_path_buf(), text })),
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::config(
            format!("cannot read the configuration file {}: {error}", path.display()),
            "name a readable file with --config",
        )),
    }
}
