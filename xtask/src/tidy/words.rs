//! Plain words in what users read: subject, verb, object, and no relative clause that denies.

use super::modules::items;
use super::tokens::{Token, tokens};
use super::tree::{File, Tree};

/// Phrases of a dialect, in lower case. Where one fits, a name says it: "an unknown environment", "the other tokens".
const PHRASES: &[&str] = &[
    "there is not",
    "there is none",
    "there are not",
    "there are none",
    "that there is",
    "that there are",
    "what there is",
    "one that there",
    "is none of",
    "are none of",
    "that is none",
    "which is none",
    "who is none",
    "of which",
    "of whom",
];

pub(super) fn phrases_are_plain(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        for text in texts(file) {
            complaints
                .extend(text.phrases().map(|(line, phrase)| format!("{}:{line}: it says \"{phrase}\"", file.path)));
        }
    }
    complaints
}

/// What users read of a file: all of a document; of a source, its documentation and the strings of its code, but for
/// tests.
fn texts(file: &File) -> Vec<Text> {
    let path = file.path.as_str();
    if path == "README.md" || (path.starts_with("docs/") && path.ends_with(".md")) {
        let mut text = Text::default();
        (1..).zip(file.text.lines()).for_each(|(number, line)| text.add(line, number));
        return vec![text];
    }
    let is_test = path.contains("/tests/") || path.ends_with("tests.rs");
    let is_source = path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
    if is_test || !is_source {
        Vec::new()
    } else {
        tokens(&file.text).map(|tokens| strings(&tokens)).unwrap_or_default()
    }
}

/// The strings among tokens, each a text; documentation is one text over its lines.
fn strings(tokens: &[Token]) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    let read = items(tokens).into_iter().flat_map(|item| item.attributes.iter().chain(item.tokens));
    let mut before: [&str; 2] = [""; 2];
    let mut next_of_documentation = None;
    for token in read {
        if let Some(string) = token.text.trim_start_matches(['r', 'b', 'c', '#']).strip_prefix('"') {
            let is_documentation = before == ["doc", "="];
            if !is_documentation || next_of_documentation != Some(token.line) {
                texts.push(Text::default());
            }
            next_of_documentation = is_documentation.then_some(token.line + 1);
            if let Some(text) = texts.last_mut() {
                let lines = string.trim_end_matches(['"', '#']).lines();
                (token.line..).zip(lines).for_each(|(number, line)| text.add(line.trim_end_matches('\\'), number));
            }
        }
        let [_, last] = before;
        before = [last, &token.text];
    }
    texts
}

/// Words with one space between them, and the line of each.
#[derive(Default)]
struct Text {
    words: String,
    /// Where each line begins in the words.
    lines: Vec<(usize, usize)>,
}

impl Text {
    fn add(&mut self, line: &str, number: usize) {
        self.lines.push((self.words.len(), number));
        for word in line.split_whitespace() {
            self.words.push_str(&word.to_lowercase());
            self.words.push(' ');
        }
    }

    /// The phrases in it, each with the line that it begins on.
    fn phrases(&self) -> impl Iterator<Item = (usize, &'static str)> {
        PHRASES.iter().flat_map(|phrase| {
            let found = self.words.match_indices(phrase).map(|(start, _)| (start, start + phrase.len()));
            let is_whole = |(start, end): &(usize, usize)| {
                let before = self.words.get(..*start).and_then(|before| before.chars().next_back());
                let after = self.words.get(*end..).and_then(|after| after.chars().next());
                ![before, after].iter().flatten().any(|letter| letter.is_alphanumeric())
            };
            let line = |start: usize| self.lines.iter().rev().find(|(first, _)| *first <= start).map(|(_, line)| *line);
            found.filter(is_whole).map(move |(start, _)| (line(start).unwrap_or_default(), *phrase))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        phrases_are_plain(&Tree { crates: Vec::new(), files: vec![file] })
    }

    const SOURCE: &str = "crates/authsome-x/src/a.rs";

    #[test]
    fn a_phrase_in_a_document_is_found_with_its_line_also_where_it_is_broken() {
        let told = |path: &str| vec![format!("{path}:2: it says \"there is not\"")];
        for path in ["README.md", "docs/a.md", "docs/decisions/0001-a.md"] {
            assert_eq!(complaints(path, "# A\nOne where There is\nnot.\n"), told(path));
        }
        assert!(complaints("CHANGELOG.md", "One of which.").is_empty());
    }

    #[test]
    fn a_phrase_in_documentation_or_a_string_is_found_with_its_line() {
        for (source, line) in [
            ("/// One of\n/// which.\nfn a() {}", 1),
            ("//! A.\n\n/// B.\n///\n/// One of which.\nfn a() {}", 5),
            ("fn a() {\n    error(\"one of which\")\n}", 2),
            ("fn a() {\n    error(\"one \\\n        of which\")\n}", 3),
            ("const A: &str = r#\"\none of which\"#;", 2),
            ("impl A {\n    /// One of which.\n    fn b() {}\n}", 2),
        ] {
            assert_eq!(complaints(SOURCE, source), [format!("{SOURCE}:{line}: it says \"of which\"")], "{source}");
        }
    }

    #[test]
    fn tests_comments_code_and_parts_of_words_are_left_alone() {
        let source =
            "// One of which.\nfn of_which() {}\nconst A: &str = \"of whichever\";\n/// One of\nfn b() { c(\"which\") }
            #[cfg(test)]\nmod tests { const B: &str = \"of which\"; }";
        assert!(complaints(SOURCE, source).is_empty());
        assert!(complaints("crates/authsome-x/src/tests/a.rs", "//! One of which.\nfn a() {}").is_empty());
        assert!(complaints("tests/src/a.rs", "//! One of which.\nfn a() {}").is_empty());
    }
}
