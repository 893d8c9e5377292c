//! The addresses of webhooks.

/// Most characters.
const MAX: usize = 2_000;

/// The form of an address, in words.
pub const ADDRESS_RULE: &str =
    "an address begins with https:// or http://, names a host, and has at most 2000 characters";

/// Whether the text is a valid address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.chars().count() <= MAX
        && text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some_and(|host| !host.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_absolute_and_names_a_host() {
        assert!(is_address("https://hooks.example/a?b=c") && is_address("http://127.0.0.1:8080/"));
        for text in ["", "hooks.example", "/a", "ftp://hooks.example/", "https://", "https:///a", "javascript:alert(1)"]
        {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn an_address_has_no_spaces_and_at_most_2000_characters() {
        for text in ["https://hooks.example/a b", "https://hooks.example/\n", " https://hooks.example/", "https://:80/"]
        {
            assert!(!is_address(text), "{text:?}");
        }
        let long = |count: usize| format!("https://a.example/{}", "x".repeat(count - 18));
        assert!(is_address(&long(2_000)) && !is_address(&long(2_001)));
    }
}
