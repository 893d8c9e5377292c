//! Names for people: of apps, environments and API keys.

/// Most characters.
const MAX: usize = 200;

/// The form of a name, in words.
pub const RULE: &str = "a name has 1 to 200 characters and no control characters";

/// Whether the text is a name.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_something_in_one_line() {
        for text in ["a", "Café 日本", &"é".repeat(200)] {
            assert!(is_valid(text), "{text}");
        }
        for text in ["", "  ", "a\nb", "a\0", &"é".repeat(201)] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
