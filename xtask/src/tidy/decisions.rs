//! `docs/decisions`: what was decided, and why.

use super::tree::Tree;

const PARTS: &[&str] = &["## Context", "## Decision", "## Consequences"];

pub(super) fn three_parts(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        if !file.path.starts_with("docs/decisions/") || !file.path.ends_with(".md") {
            continue;
        }
        for part in PARTS {
            if !file.text.lines().any(|line| line.trim_end() == *part) {
                complaints.push(format!("{}: it lacks `{part}`", file.path));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::tree::File;
    use super::*;

    #[test]
    fn a_part_that_is_missing_is_named() {
        let file = |text: &str| File { path: "docs/decisions/0001-x.md".to_owned(), text: text.to_owned() };
        let complaints = |text: &str| three_parts(&Tree { crates: Vec::new(), files: vec![file(text)] }).len();
        assert_eq!(complaints("# X\n\n## Context\n\n## Decision\n\n## Consequences\n"), 0);
        assert_eq!(complaints("# X\n\n## Context\n\nThe ## Decision\n"), 2);
    }
}
