//! What every crate has.

use super::tree::{Crate, Tree};

pub(super) fn lints_are_inherited(tree: &Tree) -> Vec<String> {
    let lacks = |member: &&Crate| {
        let manifest = tree.file(&format!("{}/Cargo.toml", member.folder));
        !manifest.is_some_and(|manifest| manifest.text.contains("[lints]\nworkspace = true"))
    };
    let complaint = |member: &Crate| format!("{}/Cargo.toml: it lacks `[lints] workspace = true`", member.folder);
    tree.crates.iter().filter(lacks).map(complaint).collect()
}

pub(super) fn crate_docs_exist(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in &tree.crates {
        let roots = ["src/lib.rs", "src/main.rs"].map(|root| format!("{}/{root}", member.folder));
        for file in roots.iter().filter_map(|root| tree.file(root)) {
            if !file.text.starts_with("//! ") {
                complaints.push(format!("{}: its first line says what the crate is, as `//! …`", file.path));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tree::File;
    use super::*;

    fn tree(manifest: &str, library: &str) -> Tree {
        let member = Crate { name: "x".to_owned(), folder: "crates/x".to_owned(), built_from: BTreeSet::new() };
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let files = vec![file("crates/x/Cargo.toml", manifest), file("crates/x/src/lib.rs", library)];
        Tree { crates: vec![member], files }
    }

    #[test]
    fn a_crate_without_the_lints_or_without_a_first_line_is_found() {
        let good = tree("[lints]\nworkspace = true\n", "//! A crate.\n");
        assert!(lints_are_inherited(&good).is_empty() && crate_docs_exist(&good).is_empty());
        let bad = tree("[package]\n", "mod a;\n");
        assert_eq!((lints_are_inherited(&bad).len(), crate_docs_exist(&bad).len()), (1, 1));
    }
}
