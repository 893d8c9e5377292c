//! The support matrix in the README: what passed on which backend, in the run that has just ended.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{root, say};

/// The environment variable by which the suites know where to write.
pub(crate) const FOLDER_VARIABLE: &str = "AUTHSOME_TEST_MATRIX";

/// Columns: a backend's name in the suites, and in the README.
pub(crate) const BACKENDS: [(&str, &str); 4] =
    [("memory", "memory"), ("sqlite", "SQLite"), ("postgres", "PostgreSQL"), ("mongodb", "MongoDB")];

const BEGIN: &str = "<!-- support matrix: made by `cargo xtask test --write-matrix` from what passed -->\n";
const END: &str = "<!-- end of the support matrix -->";

/// Cases by part and backend.
type Passed = BTreeMap<String, BTreeMap<String, u32>>;

/// An empty folder for the suites of a run.
pub(crate) fn folder() -> Result<PathBuf> {
    let folder = root().join("target/test-matrix");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", folder.display()));
        }
        _ => {}
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Prints the matrix of a run, and holds the README against it or writes it there. A hole is an error.
pub(crate) fn conclude(folder: &Path, write: bool) -> Result<()> {
    let matrix = render(&read(folder)?)?;
    say(&matrix);
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).context("cannot read README.md")?;
    let updated = replace(&readme, &matrix)?;
    if write {
        std::fs::write(&path, updated).context("cannot write README.md")?;
    } else if updated != readme {
        bail!("README.md shows another support matrix: run `cargo xtask test --write-matrix`");
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Passed> {
    let mut passed = Passed::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines() {
            add(&mut passed, line).with_context(|| format!("{}: {line:?}", path.display()))?;
        }
    }
    Ok(passed)
}

fn add(passed: &mut Passed, line: &str) -> Result<()> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [part, backend, cases, failed] = fields.as_slice() else { bail!("four fields make a line") };
    ensure!(*failed == "0", "{failed} cases of {part} failed on {backend}");
    *passed.entry((*part).to_owned()).or_default().entry((*backend).to_owned()).or_default() += cases.parse::<u32>()?;
    Ok(())
}

/// The table. Every part passed on every backend, with as many cases.
fn render(passed: &Passed) -> Result<String> {
    ensure!(!passed.is_empty(), "no suite said what passed");
    let titles: Vec<&str> = BACKENDS.iter().map(|(_, title)| *title).collect();
    let mut table = format!("| cases that pass | {} |\n|---|{}\n", titles.join(" | "), "--:|".repeat(BACKENDS.len()));
    for (part, backends) in passed {
        let strangers = backends.keys().find(|name| BACKENDS.iter().all(|(known, _)| known != name));
        ensure!(strangers.is_none(), "the matrix has no column for {strangers:?}");
        write!(table, "| {part} |")?;
        let mut expected = None;
        for (backend, title) in BACKENDS {
            let cases = backends.get(backend).copied().unwrap_or_default();
            ensure!(cases > 0, "nothing of {part:?} was run on {title}");
            ensure!(*expected.get_or_insert(cases) == cases, "{part:?} has {cases} cases on {title}, others elsewhere");
            write!(table, " {cases} |")?;
        }
        table.push('\n');
    }
    Ok(table)
}

fn replace(readme: &str, matrix: &str) -> Result<String> {
    let (before, rest) = readme.split_once(BEGIN).context("README.md has no place for the support matrix")?;
    let (_, after) = rest.split_once(END).context("the support matrix in README.md has no end")?;
    Ok(format!("{before}{BEGIN}{matrix}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(lines: &[&str]) -> Result<Passed> {
        let mut passed = Passed::new();
        lines.iter().try_for_each(|line| add(&mut passed, line))?;
        Ok(passed)
    }

    const WHOLE: [&str; 4] =
        ["Races\tmemory\t2\t0", "Races\tsqlite\t2\t0", "Races\tpostgres\t2\t0", "Races\tmongodb\t2\t0"];

    #[test]
    fn what_passed_everywhere_is_a_row() {
        let table = render(&passed(&WHOLE).unwrap()).unwrap();
        assert!(table.ends_with("| Races | 2 | 2 | 2 | 2 |\n"), "{table}");
    }

    #[test]
    fn a_hole_a_failure_and_a_missing_case_are_errors() {
        assert!(render(&passed(&WHOLE[..3]).unwrap()).is_err());
        assert!(passed(&["Races\tmemory\t1\t1"]).is_err());
        let fewer = ["Races\tmemory\t1\t0", WHOLE[1], WHOLE[2], WHOLE[3]];
        assert!(render(&passed(&fewer).unwrap()).is_err());
        assert!(render(&Passed::new()).is_err());
        let stranger = [WHOLE[0], WHOLE[1], WHOLE[2], WHOLE[3], "Races\toracle\t2\t0"];
        assert!(render(&passed(&stranger).unwrap()).is_err());
    }

    #[test]
    fn the_table_takes_the_place_of_the_one_before() {
        let readme = format!("a\n{BEGIN}old\n{END}\nb\n");
        assert_eq!(replace(&readme, "new\n").unwrap(), format!("a\n{BEGIN}new\n{END}\nb\n"));
        assert!(replace("a\nb\n", "new\n").is_err());
    }
}
