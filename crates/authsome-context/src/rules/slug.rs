//! Slugs: the names of apps and environments in requests, configuration and on the command line.

use authsome_core::error::{Code, Error, StoreError};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::name;

/// Most characters.
const MAX: usize = 64;

/// The form of a slug, in words.
pub const RULE: &str = "a slug has 1 to 64 lower-case letters, digits and inner dashes";

/// Whether the text is a slug. An id is never one, since it contains an underscore.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    (1..=MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The slug of a name; `None` if no character of the name fits into a slug.
fn of_name(name: &str) -> Option<String> {
    let mut slug = String::new();
    // Letters go without their accents.
    let plain = name.nfkd().filter(|c| !is_combining_mark(*c));
    for c in plain.map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == MAX {
            break;
        }
    }
    let slug = slug.trim_end_matches('-').to_owned();
    (!slug.is_empty()).then_some(slug)
}

/// The requested slug, else that of the name.
///
/// # Errors
/// `invalid_request`.
pub fn of(asked: Option<&str>, name: &str) -> Result<String, Error> {
    if !name::is_valid(name) {
        return Err(Error::invalid("name", name::RULE));
    }
    match asked {
        Some(asked) if is_valid(asked) => Ok(asked.to_owned()),
        Some(_) => Err(Error::invalid("slug", RULE)),
        None => of_name(name).ok_or_else(|| Error::invalid("slug", "no slug can be made from the name: give one")),
    }
}

/// The error for a refusal of the store to write an app or an environment.
#[must_use]
pub fn refused(error: StoreError) -> Error {
    let keys = ["authsome_apps_slug_key", "authsome_environments_slug_key"];
    if keys.iter().any(|key| error.is_conflict_on(key)) { taken() } else { error.into() }
}

/// Another app, or another environment of the app, has the slug.
#[must_use]
pub fn taken() -> Error {
    Error::new(Code::Conflict, "the slug is taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_lower_case_and_has_inner_dashes_only() {
        for text in ["a", "production", "eu-west-1"] {
            assert!(is_valid(text), "{text}");
        }
        for text in ["", "-a", "a-", "A", "a_b", "ä", "a b", &"a".repeat(65)] {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn a_name_gives_a_slug_where_it_has_letters_for_one() {
        assert_eq!(of_name("  Preview: PR #12 ").as_deref(), Some("preview-pr-12"));
        assert_eq!(of_name("Préview Ünïts №1").as_deref(), Some("preview-units-no1"));
        assert_eq!(of_name("日本"), None);
        assert!(of_name(&"x".repeat(300)).is_some_and(|slug| is_valid(&slug)));
    }
}
