//! A Rust file as a flat list of tokens, each with its line.

use std::str::FromStr;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// An identifier, a literal, a bracket, `::`, or a sign of one character.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) text: String,
    /// Counted from 1.
    pub(super) line: usize,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(super) fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }

    pub(super) fn opens(&self) -> bool {
        ["(", "[", "{"].contains(&self.text.as_str())
    }

    pub(super) fn closes(&self) -> bool {
        [")", "]", "}"].contains(&self.text.as_str())
    }
}

/// The tokens of a file, or why it has none.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let stream = TokenStream::from_str(source).map_err(|error| error.to_string())?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let mut push = |text: String, span: proc_macro2::Span| tokens.push(Token { text, line: span.start().line });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned(), group.span_open());
                flatten(group.stream(), tokens);
                tokens.push(Token { text: close.to_owned(), line: group.span_close().start().line });
            }
            TokenTree::Punct(sign) if sign.as_char() == ':' && sign.spacing() == Spacing::Joint => {
                trees.next();
                push("::".to_owned(), sign.span());
            }
            other => push(other.to_string(), other.span()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_a_flat_list_with_lines() {
        let tokens = tokens("use a::{b};\n\nx(\"y z\")").unwrap();
        let shown: Vec<_> = tokens.iter().map(|token| (token.text.as_str(), token.line)).collect();
        let first = ["use", "a", "::", "{", "b", "}", ";"].map(|text| (text, 1));
        let last = ["x", "(", "\"y z\"", ")"].map(|text| (text, 3));
        assert_eq!(shown, [first.as_slice(), &last].concat());
    }

    #[test]
    fn what_is_no_rust_is_refused() {
        assert!(tokens("fn a( {").is_err());
    }
}
