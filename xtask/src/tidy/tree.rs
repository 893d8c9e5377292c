//! What the rules look at: the crates of the workspace and the texts of its files.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// The crates of the workspace and the texts of its files.
pub(crate) struct Tree {
    pub(crate) crates: Vec<Crate>,
    pub(crate) files: Vec<File>,
}

/// A crate of the workspace.
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Its folder, relative to the root.
    pub(crate) folder: String,
    /// The crates of the workspace that it is built from; what only its tests use is left out.
    pub(crate) built_from: BTreeSet<String>,
}

/// A text file.
pub(crate) struct File {
    /// Relative to the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    /// Reads what belongs to the project: files that git tracks, or would if they were added.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut git = std::process::Command::new("git");
        git.current_dir(root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let mut files = Vec::new();
        for path in shell::output(&mut git)?.lines() {
            let read = std::fs::read(root.join(path));
            if let Some(text) = read.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                files.push(File { path: path.to_owned(), text });
            }
        }
        Ok(Self { crates: crates(root)?, files })
    }

    /// The Rust files below a folder.
    pub(crate) fn rust(&self, folder: &str) -> impl Iterator<Item = &File> {
        let below = move |file: &&File| file.path.starts_with(folder) && file.path.ends_with(".rs");
        self.files.iter().filter(below)
    }

    /// The file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn crates(root: &Path) -> Result<Vec<Crate>> {
    let printed = shell::output(shell::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&printed).context("`cargo metadata` did not print JSON")?;
    Ok(list(&metadata, "packages").filter_map(|package| described(package, root)).collect())
}

fn described(package: &Value, root: &Path) -> Option<Crate> {
    let manifest = Path::new(package.get("manifest_path")?.as_str()?);
    let folder = manifest.parent()?.strip_prefix(root).ok()?.to_str()?.to_owned();
    let own = |dependency: &&Value| {
        dependency.get("path").is_some_and(Value::is_string)
            && dependency.get("kind").and_then(Value::as_str) != Some("dev")
    };
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let built_from = list(package, "dependencies").filter(own).filter_map(name).collect();
    Some(Crate { name: name(package)?, folder, built_from })
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}
