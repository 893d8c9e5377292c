//! The guides for authors: their code is that of the examples.

use super::tree::Tree;

/// Each guide, with the folder of the crate that it quotes.
const GUIDES: [(&str, &str); 3] = [
    ("docs/writing-a-backend.md", "tests/example-backend"),
    ("docs/writing-a-plugin.md", "tests/example-plugin"),
    ("docs/testing.md", "crates/authsome-testkit"),
];

/// Every fenced block of Rust names a file of the crate, as "```rust src/rules.rs", and occurs in it word for word;
/// how lines are broken and indented does not count. So the code of the guides is compiled and tested.
pub(super) fn code_is_quoted(tree: &Tree) -> Vec<String> {
    GUIDES.iter().flat_map(|(guide, folder)| misquotes(tree, guide, folder)).collect()
}

fn misquotes(tree: &Tree, path: &str, folder: &str) -> Vec<String> {
    let Some(guide) = tree.file(path) else { return vec![format!("{path}: it is gone")] };
    let mut complaints = Vec::new();
    let mut quotes = 0;
    let mut lines = guide.text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let code: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| !line.trim_start().starts_with("```")).collect();
        let mut words = info.split_whitespace();
        if words.next() != Some("rust") {
            continue;
        }
        quotes += 1;
        let complaint = match words.next() {
            None => Some("say which file of the example this is from, as \"```rust src/rules.rs\"".to_owned()),
            Some(source) => match tree.file(&format!("{folder}/{source}")) {
                None => Some(format!("{folder} has no {source}")),
                Some(file) => (!occurs(&code.join("\n"), &file.text))
                    .then(|| format!("{folder}/{source} does not contain this: quote it anew")),
            },
        };
        complaints.extend(complaint.map(|what| format!("{path}:{}: {what}", number + 1)));
    }
    if quotes == 0 {
        complaints.push(format!("{path}: it quotes no code"));
    }
    complaints
}

/// Whether the words of the code follow each other in the text. A block without words occurs nowhere.
fn occurs(code: &str, text: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(|word| format!("{word} ")).collect::<String>();
    let code = words(code);
    !code.is_empty() && format!(" {}", words(text)).contains(&format!(" {code}"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::File;
    use super::*;

    fn complaints(guide: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let source = "fn one() {\n    two(three);\n}\n\nfn four() {}\n";
        let (path, folder) = GUIDES[0];
        let files = vec![file(path, guide), file(&format!("{folder}/src/a.rs"), source)];
        misquotes(&Tree { crates: Vec::new(), files }, path, folder)
    }

    #[test]
    fn a_quote_may_be_broken_and_indented_otherwise() {
        let guide = "# Guide\n\n```rust src/a.rs\nfn one() {\n  two(three);\n}\n```\n\n   ```rust src/a.rs\n   two(three); }\n   ```\n";
        assert_eq!(complaints(guide), Vec::<String>::new());
    }

    #[test]
    fn a_block_that_was_changed_is_found_by_its_line() {
        let found =
            complaints("```rust src/a.rs\nfn four() {}\n```\n\n```rust src/a.rs\nfn one() {\n    two(four);\n}\n```\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("docs/writing-a-backend.md:5: "));
    }

    #[test]
    fn a_part_of_a_word_is_no_quote() {
        assert_eq!(complaints("```rust src/a.rs\nn one() {\n```\n").len(), 1);
        assert_eq!(complaints("```rust src/a.rs\n    two(th\n```\n").len(), 1);
    }

    #[test]
    fn an_empty_block_is_found() {
        assert_eq!(complaints("```rust src/a.rs\n\n```\n").len(), 1);
    }

    #[test]
    fn a_block_without_a_file_or_with_an_unknown_one_is_found() {
        assert_eq!(complaints("```rust\nfn four() {}\n```\n").len(), 1);
        assert_eq!(complaints("```rust src/b.rs\nfn four() {}\n```\n").len(), 1);
    }

    #[test]
    fn blocks_of_other_languages_are_left_alone_and_do_not_count() {
        let shell = "```console\ncargo test\n```\n";
        assert_eq!(complaints(shell).len(), 1, "a guide without code");
        assert!(complaints(&format!("{shell}```rust src/a.rs\nfn four() {{}}\n```\n")).is_empty());
    }

    #[test]
    fn a_guide_that_is_gone_is_found() {
        assert_eq!(code_is_quoted(&Tree { crates: Vec::new(), files: Vec::new() }).len(), GUIDES.len());
    }
}
