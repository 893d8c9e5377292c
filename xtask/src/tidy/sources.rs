//! What the Rust files may contain.

use super::tree::{File, Tree};

/// Lines that a file has at most.
const MOST_LINES: usize = 600;

/// Files that are longer, each with the reason.
const LONGER: &[(&str, &str)] = &[];

/// Crates whose sources have at most so many lines in all.
const CEILINGS: &[(&str, usize)] = &[("authsome-context", 2_000), ("authsome-engine", 7_000)];

/// Words of work that was left undone. Put together here, so that this file does not contain them.
const LEFT_FOR_LATER: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!("), concat!("unimple", "mented!(")];

const DATABASES: &[&str] = &["sqlite", "postgres", "mongo"];

pub(super) fn authenticator_stays_inside(tree: &Tree) -> Vec<String> {
    let outside = |file: &&File| {
        let inside = [
            "crates/authsome-context/",
            "crates/authsome-outbox/",
            "crates/authsome-core/",
            "crates/authsome-context/",
            "crates/authsome-engine/",
            "crates/authsome-conformance/",
            "tests/bench/",
            "xtask/",
        ];
        let is_suite = file.path.contains("/tests/") || file.path.ends_with("tests.rs");
        !is_suite && !inside.iter().any(|folder| file.path.starts_with(folder))
    };
    lines(tree.rust("").filter(outside), |line| {
        line.contains("authenticator::").then(|| "it opens the authenticator's door past the scope".to_owned())
    })
}

pub(super) fn plugins_name_no_database(tree: &Tree) -> Vec<String> {
    let own = |file: &&File| {
        ["crates/authsome-plugin-", "crates/authsome-keysmith/", "tests/example-plugin/"]
            .iter()
            .any(|folder| file.path.starts_with(folder))
    };
    lines(tree.files.iter().filter(own), |line| {
        let lower = line.to_lowercase();
        let named = DATABASES.iter().find(|name| lower.contains(**name));
        named.map(|name| format!("a plugin runs on every backend, and this names {name}"))
    })
}

pub(super) fn files_stay_short(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.rust("") {
        let count = file.text.lines().count();
        let listed = LONGER.iter().any(|(path, _)| *path == file.path);
        if count > MOST_LINES && !listed {
            complaints.push(format!("{}: it has {count} lines, more than {MOST_LINES}: what hides in it?", file.path));
        } else if count <= MOST_LINES && listed {
            complaints.push(format!("{}: it is short now: take it off the list of longer files", file.path));
        }
    }
    complaints
}

pub(super) fn crates_stay_small(tree: &Tree) -> Vec<String> {
    CEILINGS.iter().filter_map(|(name, most)| above_ceiling(tree, name, *most)).collect()
}

fn above_ceiling(tree: &Tree, name: &str, most: usize) -> Option<String> {
    let Some(member) = tree.crates.iter().find(|member| member.name == name) else {
        return Some(format!("{name}: it is listed in xtask/src/tidy/sources.rs, and no crate of the workspace"));
    };
    let count: usize = tree.rust(&format!("{}/src/", member.folder)).map(|file| file.text.lines().count()).sum();
    (count > most)
        .then(|| format!("{}: its sources have {count} lines, more than {most}: what moves out?", member.folder))
}

pub(super) fn nothing_is_left_for_later(tree: &Tree) -> Vec<String> {
    lines(tree.rust(""), |line| {
        let word = LEFT_FOR_LATER.iter().find(|word| line.contains(**word));
        word.map(|word| format!("it contains {word}: finish it, or file an issue"))
    })
}

pub(super) fn allowances_have_reasons(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.rust("").filter(|file| !file.path.starts_with("xtask/src/tidy/")) {
        for opening in ["#[allow(", "#![allow("] {
            for (position, _) in file.text.match_indices(opening) {
                let attribute = file.text.get(position..).and_then(|rest| rest.split(")]").next()).unwrap_or_default();
                if !attribute.contains("reason") {
                    let line = file.text.get(..position).map_or(0, |before| before.lines().count().max(1));
                    complaints.push(format!("{}:{line}: say why, as `expect(…, reason = \"…\")`", file.path));
                }
            }
        }
    }
    complaints
}

/// A complaint for each line that `judge` has something to say about.
fn lines<'a>(files: impl Iterator<Item = &'a File>, judge: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(what) = judge(line) {
                complaints.push(format!("{}:{}: {what}", file.path, number + 1));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tree::Crate;
    use super::*;

    fn tree(path: &str, text: &str) -> Tree {
        Tree { crates: Vec::new(), files: vec![File { path: path.to_owned(), text: text.to_owned() }] }
    }

    #[test]
    fn a_plugin_that_names_a_database_is_found() {
        let text = "// one\n// stored in SQLite\n";
        assert_eq!(plugins_name_no_database(&tree("crates/authsome-plugin-x/src/lib.rs", text)).len(), 1);
        assert!(plugins_name_no_database(&tree("crates/authsome-store-x/src/lib.rs", text)).is_empty());
    }

    #[test]
    fn the_authenticator_is_found_outside_of_core_context_and_engine() {
        let text = "use authsome_core::authenticator::resolve;\n";
        assert_eq!(authenticator_stays_inside(&tree("crates/authsome-http/src/a.rs", text)).len(), 1);
        for inside in ["engine", "context"] {
            assert!(authenticator_stays_inside(&tree(&format!("crates/authsome-{inside}/src/a.rs"), text)).is_empty());
        }
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(files_stay_short(&tree("a.rs", &"\n".repeat(MOST_LINES + 1))).len(), 1);
        assert!(files_stay_short(&tree("a.rs", &"\n".repeat(MOST_LINES))).is_empty());
    }

    #[test]
    fn a_crate_above_its_ceiling_is_found() {
        let mut tree = tree("crates/x/src/a.rs", &"\n".repeat(5));
        tree.files.push(File { path: "crates/x/tests/b.rs".to_owned(), text: "\n".repeat(5) });
        let member = Crate { name: "x".to_owned(), folder: "crates/x".to_owned(), built_from: BTreeSet::new() };
        assert!(above_ceiling(&tree, "x", 5).is_some(), "a crate that is gone");
        tree.crates.push(member);
        assert_eq!((above_ceiling(&tree, "x", 4).is_some(), above_ceiling(&tree, "x", 5)), (true, None));
    }

    #[test]
    fn undone_work_is_found() {
        assert_eq!(nothing_is_left_for_later(&tree("a.rs", &format!("// {}: later\n", concat!("TO", "DO")))).len(), 1);
    }

    #[test]
    fn an_allowance_needs_a_reason_over_several_lines_too() {
        assert_eq!(allowances_have_reasons(&tree("a.rs", "#[allow(dead_code)]\n")).len(), 1);
        assert!(
            allowances_have_reasons(&tree("a.rs", "#[allow(\n    dead_code,\n    reason = \"x\"\n)]\n")).is_empty()
        );
    }
}
