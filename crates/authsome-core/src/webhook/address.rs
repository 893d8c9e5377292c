//! What an event can be announced to.

/// Whether something can be announced to this text.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
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
}
